"""A project of a few lines, with models that do well and models that do every kind of wrong."""
