"""A model file: its header, its weights, and where it is found."""
