"""The pages of what a project has evidence of."""
