"""Whether declarations that are each well formed agree: within a file, between files, and with the folder."""
