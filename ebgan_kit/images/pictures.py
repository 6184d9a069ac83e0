"""A picture as it is edited, an image of Pillow's or a tensor, and a crop of it as a tensor."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.images.bands import Box, bands
from ebgan_kit.images.colour_profile import PROFILE, to_profile
from ebgan_kit.images.levels import from_bytes, pixels, to_bytes
from ebgan_kit.images.orientation import upright_size
from ebgan_kit.images.photographs import upright_rgb

ALL = slice(None)
"""Red, green and blue."""

Picture = Image.Image | Tensor
"""An image of any mode, or a tensor [B, 3, H, W] or [3, H, W] in [-1, 1]."""


def upright(picture: Picture) -> Picture:
    """An RGB image as a person sees it; a tensor as a batch."""
    if isinstance(picture, Image.Image):
        return upright_rgb(picture)
    return picture if picture.dim() == 4 else picture[None]


def count_of(picture: Picture) -> int:
    """Return how many pictures a batch holds; an image is one."""
    return len(picture) if isinstance(picture, Tensor) and picture.dim() == 4 else 1


def in_colours_of(picture: Picture, other: Picture) -> Picture:
    """Bring an upright picture to another's colour space; a tensor is in sRGB."""
    if isinstance(picture, Tensor):
        return picture
    return to_profile(picture, None if isinstance(other, Tensor) else other.info.get(PROFILE))


def size_of(picture: Picture) -> tuple[int, int]:
    """Width and height of the upright picture, which is decoded for it only where it must be."""
    if isinstance(picture, Tensor):
        return picture.shape[-1], picture.shape[-2]
    return upright_size(picture)


def crop(picture: Picture, box: Box, channels: slice = ALL) -> Tensor:
    """Crop an upright picture to a box; returns [B, 3, h, w] in [-1, 1], or fewer channels."""
    part = held(picture, box, channels)
    return part if isinstance(picture, Tensor) else from_bytes(part)


def held(picture: Picture, box: Box, channels: slice = ALL) -> Tensor:
    """Likewise in the numbers that the picture holds: of an image uint8, from 0 to 255."""
    left, top, right, bottom = box
    if isinstance(picture, Tensor):
        return picture[:, channels, top:bottom, left:right]
    count = len(range(3)[channels])
    part = torch.empty(bottom - top, right - left, count, dtype=torch.uint8)
    for band in bands(box):
        part[band[1] - top : band[3] - top] = pixels(picture.crop(band))[..., channels]
    return part.permute(2, 0, 1)[None]


def image_of(face: Tensor) -> Image.Image:
    """A tensor [3, h, w] in [-1, 1], or in levels (uint8), as an RGB image."""
    levels = face if face.dtype == torch.uint8 else to_bytes(face)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())


def paste(picture: Picture, box: Box, content: Tensor) -> Picture:
    """Paste a content [B, 3, h, w] into a box of a copy of an upright picture."""
    if isinstance(picture, Image.Image):
        copy = picture.copy()
        for band in bands(box):
            copy.paste(image_of(content[0, :, band[1] - box[1] : band[3] - box[1]]), band)
        return copy
    left, top, right, bottom = box
    changed = torch.as_tensor(picture, dtype=torch.float32).clone()
    changed[..., top:bottom, left:right] = content
    return changed
