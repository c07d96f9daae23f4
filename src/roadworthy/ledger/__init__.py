"""What is kept, by content: objects, signed records, names, tags, predictions, and an index over them."""
