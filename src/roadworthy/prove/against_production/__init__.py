"""A candidate and production on the same rows, example by example, above the noise of training."""
