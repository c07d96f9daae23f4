"""The demo: the whole loop on a real system, told as a user would type it."""
