"""From the text of a declared file to a checked value: places, limits, every fault at once."""
