"""The kit's own parts, a folder for each kind, and what their networks are made of."""
