"""Drawn faces, whose true edit is known."""

from ebgan_kit.parts.data.synthetic.record import ATTRIBUTES
from ebgan_kit.parts.data.synthetic.synthetic import Synthetic

__all__ = ["ATTRIBUTES", "Synthetic"]
