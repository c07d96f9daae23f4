"""What a table shows beyond chance: whether it is spread like another, and whether a column gives the label away."""
