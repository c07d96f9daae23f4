"""A model in a worker process of its own, fed with columns."""
