"""Telling people outside what happened: which happenings, whom, in which words, and how often."""
