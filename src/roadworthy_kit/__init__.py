"""What runs inside a project's own processes: the standard library only, nothing of `roadworthy`."""
