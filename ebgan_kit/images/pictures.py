"""A picture as it is edited, an image of Pillow's or a tensor, and a crop of it as a tensor."""

from __future__ import annotations

import torch
from PIL import ExifTags, Image
from torch import Tensor

from ebgan_kit.images.crop import Box
from ebgan_kit.images.levels import from_bytes, pixels, to_bytes
from ebgan_kit.images.photographs import upright_rgb

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


def size_of(picture: Picture) -> tuple[int, int]:
    """Width and height of the upright picture, which is not decoded for it."""
    if isinstance(picture, Tensor):
        return picture.shape[-1], picture.shape[-2]
    width, height = picture.size
    on_its_side = picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (height, width) if on_its_side else (width, height)


def crop(picture: Picture, box: Box) -> Tensor:
    """Crop an upright picture to a box; returns [B, 3, h, w] in [-1, 1]."""
    if isinstance(picture, Image.Image):
        return from_bytes(pixels(picture.crop(box)).permute(2, 0, 1)[None])
    left, top, right, bottom = box
    return picture[..., top:bottom, left:right]


def image_of(face: Tensor) -> Image.Image:
    """A tensor [3, h, w] in [-1, 1] as an RGB image."""
    return Image.fromarray(to_bytes(face).permute(1, 2, 0).contiguous().numpy())


def paste(picture: Picture, box: Box, content: Tensor) -> Picture:
    """Paste a content [B, 3, h, w] into a box of a copy of an upright picture."""
    if isinstance(picture, Image.Image):
        copy = picture.copy()
        copy.paste(image_of(content[0]), box)
        return copy
    left, top, right, bottom = box
    changed = torch.as_tensor(picture, dtype=torch.float32).clone()
    changed[..., top:bottom, left:right] = content
    return changed
