"""From declared stages to concrete ones: references, variables, items."""
