"""The Python environment of a commit: made from its lock, known by what is installed."""
