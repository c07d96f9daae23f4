"""How values read and look on pages: moments, what was printed, graphs, browsers."""
