"""The model card and the data card: parts that are generated, and parts that people write about what is declared."""
