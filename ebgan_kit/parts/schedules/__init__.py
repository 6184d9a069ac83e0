"""Schedules: the rate's factor over a run."""
