"""What the change does to files, line by line; of notebooks, cell by cell."""
