"""GeneGAN, DNA-GAN and ELEGANT for ebgan-kit: two faces exchange a part of their codes."""

from __future__ import annotations

from typing import Any

from ebgan_kit import hookimpl
from ebgan_kit_genegan.dnagan import DnaGan
from ebgan_kit_genegan.elegant import Elegant
from ebgan_kit_genegan.genegan import GeneGan
from ebgan_kit_genegan.labelled import Labelled
from ebgan_kit_genegan.nulling import nulling
from ebgan_kit_genegan.parallelogram import parallelogram
from ebgan_kit_genegan.two_scales import TwoScales
from ebgan_kit_genegan.with_and_without import WithAndWithout

__all__ = [
    "DnaGan", "Elegant", "GeneGan", "Labelled", "TwoScales", "WithAndWithout", "nulling",
    "parallelogram", "register",
]  # fmt: skip


@hookimpl
def register(add: Any) -> None:
    """Offer the three systems' parts, each under its system's name."""
    add.model(genegan=GeneGan, dnagan=DnaGan, elegant=Elegant)
    add.discriminator(genegan=WithAndWithout, dnagan=Labelled, elegant=TwoScales)
    add.loss(nulling=nulling, parallelogram=parallelogram)
