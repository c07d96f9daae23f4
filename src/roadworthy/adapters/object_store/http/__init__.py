"""A bucket of a platform, used over HTTP."""
