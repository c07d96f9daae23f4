"""What makes a model harder to break: failure modes, the red team, readiness, the worth of features, the cards."""
