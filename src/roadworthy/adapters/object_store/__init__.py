"""Buckets over HTTP: serving one, and using one."""
