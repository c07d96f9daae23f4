"""What was predicted: append-only segments."""
