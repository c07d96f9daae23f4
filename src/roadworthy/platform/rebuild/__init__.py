"""Making the index again from the repositories and the buckets, and telling what could not be restored."""
