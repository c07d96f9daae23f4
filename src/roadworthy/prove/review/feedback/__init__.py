"""What a review says outside of its page: in a comment of a forge, in the terminal, and to machines."""
