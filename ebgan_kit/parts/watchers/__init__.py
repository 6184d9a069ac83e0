"""Watchers: they see a run and touch nothing."""
