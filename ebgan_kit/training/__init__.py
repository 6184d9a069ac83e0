"""A recipe in, a run's folder out."""
