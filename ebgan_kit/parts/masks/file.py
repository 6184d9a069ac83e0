"""A mask read from an image."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.depth import eight_bits
from ebgan_kit.images.levels import pixels
from ebgan_kit.images.opening import opened
from ebgan_kit.images.orientation import set_upright
from ebgan_kit.images.photographs import DAMAGE
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces

HALF = 127
"""The darkest grey that is not filled."""


class File:
    """One image for all faces: white is to be filled; grey is cut at one half.

    What is transparent is not filled. An image that is dark wherever it is opaque is a drawing on
    nothing: then all that is opaque is filled.

    `path`: the image, of any size; it is stretched to the faces' size.
    """

    def __init__(self, *, path: Path) -> None:
        try:
            with opened(path) as image:
                self.image = fill_of(image)
        except (UsageError, *DAMAGE) as problem:
            raise ValueError(f"{path} cannot be read as an image: {problem}") from problem

    def __call__(self, faces: Faces, chance: Chance) -> Tensor:
        height, width = faces.image.shape[-2:]
        mask = mask_of(self.image.resize((width, height), Image.Resampling.BILINEAR))
        return mask.to(faces.image).expand(len(faces), -1, -1, -1).clone()


def mask_of(image: Image.Image) -> Tensor:
    """[1, 1, H, W], bool, of a picture of any kind: True where it is filled, see `fill_of`."""
    return pixels(fill_of(image))[None, None] > HALF


def fill_of(image: Image.Image) -> Image.Image:
    """How much of each pixel a mask fills: its upright picture in grey of 8 bits, white is all.

    What is transparent is black. Where nothing opaque is light, while something is transparent, the
    mask is drawn in its alpha channel alone, such as by a black brush on nothing.
    """
    image = eight_bits(set_upright(image))
    image = image.convert("RGB") if image.mode == "LAB" else image  # Pillow makes no grey of it
    if not image.has_transparency_data:
        return image if image.mode == "L" else image.convert("L")
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    light = ImageChops.multiply(image.convert("L"), alpha)
    lit, opaque = (pixels(channel) > HALF for channel in (light, alpha))
    drawn_in_alpha = not lit.any() and opaque.any() and not opaque.all()
    return alpha if drawn_in_alpha else light
