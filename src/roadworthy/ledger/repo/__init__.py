"""The git repository that a project lives in: commits, branches, tags."""
