"""Facts: signed statements, written before they are acknowledged."""
