"""Masks: which region of each face is to be filled."""
