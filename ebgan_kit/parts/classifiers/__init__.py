"""Classifiers C: image to attributes."""
