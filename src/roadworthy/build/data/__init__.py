"""Datasets: where they come from, their pins, and tables of their rows."""
