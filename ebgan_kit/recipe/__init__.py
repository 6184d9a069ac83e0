"""TOML to a checked recipe."""

from ebgan_kit.registry.moved import served

__getattr__ = served("recipe")  # the names that a module of this name had in 0.4
