"""Who may do what on a platform: accounts, tokens, sessions, invitations, and the decision whether an actor may."""
