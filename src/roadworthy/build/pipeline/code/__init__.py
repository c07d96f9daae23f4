"""The project's code that a stage runs, read from its text."""
