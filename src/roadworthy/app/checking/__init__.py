"""What can be said of a project before anything is run: its declared files, and whether they can do what they say."""
