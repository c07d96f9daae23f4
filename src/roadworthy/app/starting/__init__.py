"""How a project begins, and follows the template that it began with."""
