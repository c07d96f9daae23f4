"""Confinement by namespaces, made by bubblewrap: processes see their project, the system's programs, and nothing else."""
