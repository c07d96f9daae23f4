"""The world outside, as the server reaches it."""
