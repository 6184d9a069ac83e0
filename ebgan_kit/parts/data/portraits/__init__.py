"""Portraits: photographs with a table of persons, landmarks and attributes."""
