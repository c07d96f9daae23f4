"""What renders a project from a template."""
