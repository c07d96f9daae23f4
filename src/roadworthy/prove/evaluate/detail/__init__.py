"""What stands behind the metrics: curves over thresholds, matrices, residuals, importance, weak slices."""
