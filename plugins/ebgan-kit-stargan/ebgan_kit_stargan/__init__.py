"""StarGAN for ebgan-kit: a model and its discriminator."""

from __future__ import annotations

from typing import Any

from ebgan_kit import hookimpl
from ebgan_kit_stargan.discriminator import Discriminator
from ebgan_kit_stargan.model import StarGan

__all__ = ["Discriminator", "StarGan", "register"]


@hookimpl
def register(add: Any) -> None:
    """Offer both parts under the system's name."""
    add.model(stargan=StarGan)
    add.discriminator(stargan=Discriminator)
