"""Metrics with intervals, by slice, computed by us from a model's predictions."""
