"""Where the repositories are: what is needed of a forge, and what it lets in."""
