"""The rows behind a review: which flipped, what they are like, and how they reach the page."""
