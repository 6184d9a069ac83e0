"""Models measured, on faces that they were not trained on."""

from ebgan_kit.registry.moved import served

__getattr__ = served("evaluation")  # the names that a module of this name had in 0.4
