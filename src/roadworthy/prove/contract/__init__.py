"""Data tests: what a dataset must satisfy."""
