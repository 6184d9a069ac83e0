"""Pairings: who is whose exemplar."""
