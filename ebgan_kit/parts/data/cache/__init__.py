"""Faces that are read and resized once, and kept."""
