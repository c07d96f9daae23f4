"""The platform's database: an index of facts that git and the buckets hold. It may be deleted, and is made again."""
