"""What makes the loop happen by itself: workspaces, hosting, changes, automation, identity, and the database."""
