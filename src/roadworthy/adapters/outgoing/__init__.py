"""What the server asks of the world outside."""
