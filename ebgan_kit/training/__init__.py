"""A recipe in, a run's folder out."""

from ebgan_kit.registry.moved import served

__getattr__ = served("training")  # the names that a module of this name had in 0.4
