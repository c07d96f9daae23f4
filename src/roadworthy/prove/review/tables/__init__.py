"""In what two versions of a dataset differ: their rows by key, and how the values of each column lie."""
