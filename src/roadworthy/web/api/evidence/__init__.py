"""The API of what a project has evidence of: each route is the twin of a page."""
