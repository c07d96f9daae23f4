"""What pages and the API show of a platform, as JSON values: a module for each noun."""
