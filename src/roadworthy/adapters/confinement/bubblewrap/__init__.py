"""Confinement by namespaces, made by bubblewrap: what runs sees its project and the system's programs alone."""
