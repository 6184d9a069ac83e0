"""A mask that somebody works with in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image


@dataclass(frozen=True)
class Mask:
    """Black and white, and small: a page remembers one of each stroke, to undo it."""

    content: bytes
    """A PNG of one bit a pixel."""

    @classmethod
    def of(cls, image: Image.Image) -> Mask:
        """Of an image of levels 0 and 255."""
        buffer = BytesIO()
        image.convert("1", dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=1)
        return cls(buffer.getvalue())

    @property
    def image(self) -> Image.Image:
        return Image.open(BytesIO(self.content)).convert("L")
