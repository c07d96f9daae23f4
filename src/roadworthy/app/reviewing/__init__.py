"""What a review shows besides the comparison: the rows that flipped, the code that changed."""
