"""Versions, deployments and rollbacks: written as records, then as tags."""
