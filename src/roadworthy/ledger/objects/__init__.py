"""Bytes and trees of files under their addresses."""
