"""A change: a branch that is proposed to be merged into another, what speaks against it, and the merge."""
