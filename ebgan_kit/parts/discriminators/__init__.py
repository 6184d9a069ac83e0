"""Discriminators D: image to scores, larger for what looks real."""
