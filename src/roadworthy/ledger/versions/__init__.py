"""Versions and deployments, read from tags."""
