"""AttGAN and STGAN for ebgan-kit: two models, and the discriminator of both."""

from __future__ import annotations

from typing import Any

from ebgan_kit import hookimpl
from ebgan_kit_attgan.attgan import AttGan
from ebgan_kit_attgan.discriminator import Discriminator
from ebgan_kit_attgan.stgan import StGan

__all__ = ["AttGan", "Discriminator", "StGan", "register"]


@hookimpl
def register(add: Any) -> None:
    """Offer the parts under the systems' names; one discriminator serves both."""
    add.model(attgan=AttGan, stgan=StGan)
    add.discriminator(attgan=Discriminator)
