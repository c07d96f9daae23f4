"""What was looked up before: an index that may be deleted at any time."""
