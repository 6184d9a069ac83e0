"""A mask read from an image."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ebgan_kit.images.levels import pixels
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class File:
    """One image for all faces: white is to be filled; grey is cut at one half.

    `path`: the image, of any size; it is stretched to the faces' size.
    """

    def __init__(self, *, path: Path) -> None:
        try:
            self.image = Image.open(path).convert("L")
        except (OSError, UnidentifiedImageError) as problem:
            raise ValueError(f"{path} cannot be read as an image: {problem}") from problem

    def __call__(self, faces: Faces, chance: Chance) -> Tensor:
        height, width = faces.image.shape[-2:]
        mask = mask_of(self.image.resize((width, height), Image.Resampling.BILINEAR))
        return mask.to(faces.image).expand(len(faces), -1, -1, -1).clone()


def mask_of(image: Image.Image) -> Tensor:
    """[1, 1, H, W] in {0, 1} of a picture: 1 where it is lighter than one half."""
    return (pixels(image.convert("L"))[None, None] > 127).float()
