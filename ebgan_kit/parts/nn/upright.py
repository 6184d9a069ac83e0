"""Faces turned upright by their eyes, and maps of them turned back into a face's own frame."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ebgan_kit.parts.nn.view import sample, square_about
from ebgan_kit.types import Faces, region_of

FINE = 2
"""A map is laid on so many times its own pixels: it will be resampled once more, and blurs less."""


def upright(faces: Faces) -> Faces:
    """Turn faces until their eyes are level: images and regions, about each region's middle.

    Faces without landmarks stay as they are.
    """
    if faces.landmarks is None:
        return faces
    centre, half = square_about(region_of(faces))
    return _seen(faces, centre, torch.ones_like(half))


def level_square(faces: Faces) -> Faces:
    """The level square about each region, as large as the image was.

    Pixels are taken from the image once, and closer together: `upright` faces of which the square
    is then cut lose what is a pixel wide. Faces without landmarks stay as they are.
    """
    return faces if faces.landmarks is None else _seen(faces, *_level_square(faces))


def laid(code: Tensor, faces: Faces) -> Tensor:
    """Lay a map of a region's level square over the square that the region has in its own frame.

    `code` [B, C, h, w] is what an encoder makes of a `level_square`; the result is `FINE` times as
    fine. A vector, and codes of faces without landmarks, stay as they are.
    """
    if faces.landmarks is None or code.shape[-1] == 1:
        return code
    centre, half = square_about(region_of(faces))
    level_centre, level_half = _level_square(faces)
    middle = _turned(centre - level_centre, -_roll(faces)) / level_half[:, None]
    size = FINE * code.shape[-1]
    return sample(code.float(), middle, half / level_half, size, -_roll(faces))


def laid_shape(code_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shape (C, h, w) that a code of this shape has when it is laid."""
    channels, *sides = code_shape
    height, width = (side if side == 1 else FINE * side for side in sides)
    return channels, height, width


def _level_square(faces: Faces) -> tuple[Tensor, Tensor]:
    """The level square about each region: its centre [B, 2] and half its side [B].

    Both in units in which the image reaches from -1 to 1.
    """
    region, roll = region_of(faces), _roll(faces)
    centre, half = square_about(region)
    room = half * 2**0.5  # whatever the turn, the region is within
    middle, share = square_about(sample(region, centre, room, region.shape[-1], roll))
    return centre + _turned(middle * room[:, None], roll), share * room


def _seen(faces: Faces, centre: Tensor, half: Tensor) -> Faces:
    """The square of each face, level."""
    both = torch.cat([faces.image, region_of(faces)], dim=1)
    seen = sample(both, centre, half, both.shape[-1], _roll(faces))
    region = (seen[:, 3:] > 0.5).to(both.dtype)
    return replace(faces, image=seen[:, :3], region=region, landmarks=None)


def _turned(point: Tensor, turn: Tensor) -> Tensor:
    """Points [B, 2], (x, y), turned clockwise about 0 by [B] radians."""
    x, y = point.T
    cos, sin = turn.cos(), turn.sin()
    return torch.stack([x * cos - y * sin, x * sin + y * cos], dim=1)


def _roll(faces: Faces) -> Tensor:
    """[B]: by how much each face is turned clockwise, in radians."""
    assert faces.landmarks is not None
    x, y = (faces.landmarks[:, 1] - faces.landmarks[:, 0]).unbind(1)
    return torch.atan2(y, x)
