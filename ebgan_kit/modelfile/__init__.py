"""A model file: its header, its weights, and where it is found."""

from ebgan_kit.registry.moved import served

__getattr__ = served("modelfile")  # the names that a module of this name had in 0.4
