"""Model tests: explicit behaviour, and whether a test can fail at all."""
