"""A platform as a laptop uses it: its address, who the user is there, and its bucket."""
