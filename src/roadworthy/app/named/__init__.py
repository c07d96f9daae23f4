"""What people name in the project here: what there is of each kind, and what was meant by a name that is not."""
