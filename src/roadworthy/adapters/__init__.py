"""The world outside, a file a thing."""
