"""What a review lists from several parts of a comparison."""
