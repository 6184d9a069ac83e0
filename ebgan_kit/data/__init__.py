"""Data: faces from somewhere."""
