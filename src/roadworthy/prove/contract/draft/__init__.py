"""What is seen in a dataset, and the contract that a person reviews: drafted from it, or held against another's."""
