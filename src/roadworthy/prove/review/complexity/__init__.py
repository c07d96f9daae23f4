"""What a change adds and takes away, and what is asked of one that only takes away."""
