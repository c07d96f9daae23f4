"""What programs ask: a module for each noun, which lists its routes in a `router`. All of it is in the description."""
