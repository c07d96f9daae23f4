"""The composition roots: alone choose adapters, read the environment, and may import inside functions."""
