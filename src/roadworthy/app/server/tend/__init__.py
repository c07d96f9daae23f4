"""What the server sees to by itself, at its start and now and then: drift, removals, what has its time."""
