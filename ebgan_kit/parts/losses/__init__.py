"""Loss terms: an edit and the networks to one number."""
