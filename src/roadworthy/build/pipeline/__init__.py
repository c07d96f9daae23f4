"""Stages: their graph, their keys, and their execution."""
