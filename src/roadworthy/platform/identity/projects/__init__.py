"""What is kept for projects and is secret."""
