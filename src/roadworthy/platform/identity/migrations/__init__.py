"""How the tables of secrets came to be, step by step. Alembic runs these; nothing imports them."""
