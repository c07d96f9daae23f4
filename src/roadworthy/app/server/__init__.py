"""The platform's server: its parts joined, on one machine, in one process tree."""
