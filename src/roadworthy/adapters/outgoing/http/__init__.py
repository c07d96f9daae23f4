"""The one client for HTTP that the server has: it reaches what is public, and what an administrator allowed."""
