"""A change held against its base and production, on one page."""
