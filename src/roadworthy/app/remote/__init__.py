"""A platform as a laptop sees it: where it is, who one is there, and what can be asked of it."""
