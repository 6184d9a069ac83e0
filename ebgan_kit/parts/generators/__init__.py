"""Generators G: masked source and code to completed image, in two halves `encode` and `decode`."""
