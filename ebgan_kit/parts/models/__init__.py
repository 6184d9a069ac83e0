"""Models: how parts play together, faces in, edit out."""
