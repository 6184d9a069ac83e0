"""The kit's own parts, a folder for each kind, and what their networks are made of."""

from ebgan_kit.registry.moved import served

__getattr__ = served("parts")  # the names that a module of this name had in 0.4
