"""Roadworthy takes a machine-learning system from a commit to production, and keeps it there."""
