"""Bare repositories in a folder of the platform's, served over smart HTTP."""
