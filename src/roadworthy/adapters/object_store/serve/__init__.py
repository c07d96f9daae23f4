"""The buckets of a platform, over HTTP."""
