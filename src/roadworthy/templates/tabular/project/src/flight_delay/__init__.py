"""Chance that a flight from New York arrives more than 30 minutes late."""
