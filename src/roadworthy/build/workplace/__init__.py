"""Where work is done: a clean checkout, its limits and its confinement."""
