"""MulGAN for ebgan-kit: a face's code is what no label names, and a block for each label."""

from __future__ import annotations

from typing import Any

from ebgan_kit import hookimpl
from ebgan_kit_mulgan.model import MulGan

__all__ = ["MulGan", "register"]


@hookimpl
def register(add: Any) -> None:
    """Offer the model; its recipes take the discriminator of AttGAN."""
    add.model(mulgan=MulGan)
