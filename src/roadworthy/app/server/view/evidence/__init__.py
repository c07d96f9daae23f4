"""What a project has evidence of, as JSON values: runs, data, versions and where they come from, readiness, people."""
