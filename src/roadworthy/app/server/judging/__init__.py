"""What a change is judged by: the rules of its target, and metrics that the platform computes itself."""
