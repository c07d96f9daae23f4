"""Commands in comments, in the terminal and on chat servers: one grammar, one table of what each asks for."""
