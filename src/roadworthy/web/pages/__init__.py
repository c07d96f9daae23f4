"""What people see: a module for each noun, which lists its routes in a `router`."""
