"""Optimisers, one for each side."""
