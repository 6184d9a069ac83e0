"""Masks that do not look at the face: a box, strokes, everything."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor

from ebgan_kit.parts.masks.grid import centres
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces

Share = Annotated[float, Ge(0), Le(1)]


def box(
    faces: Faces,
    chance: Chance,
    *,
    left: Share = 0.3,
    top: Share = 0.6,
    right: Share = 0.7,
    bottom: Share = 0.9,
) -> Tensor:
    """One rectangle in the image's frame; its sides are shares of the image's."""
    if left >= right or top >= bottom:
        raise ValueError("the box is empty: left must be less than right, and top than bottom")
    height, width = faces.image.shape[-2:]
    filled = torch.zeros_like(faces.image[:, :1])
    rows = slice(round(top * height), round(bottom * height))
    filled[..., rows, round(left * width) : round(right * width)] = 1
    return filled


def whole(faces: Faces, chance: Chance) -> Tensor:
    """The whole image."""
    return torch.ones_like(faces.image[:, :1])


def freeform(
    faces: Faces,
    chance: Chance,
    *,
    strokes: Annotated[int, Ge(1), Le(32)] = 3,
    bends: Annotated[int, Ge(1), Le(32)] = 4,
    length: Annotated[float, Gt(0), Le(1)] = 0.2,
    thickness: Annotated[float, Gt(0), Le(1)] = 0.12,
) -> Tensor:
    """Random strokes, as a hand would paint them; other ones for each face.

    `strokes`: how many. `bends`: straight pieces in each. `length` and `thickness` of a piece at
    most, as shares of the image.
    """
    count, size = len(faces), faces.image.shape[-1]
    starts = chance.uniform("freeform.start", 2 * strokes).view(count, strokes, 1, 2)
    angles = chance.uniform("freeform.angle", strokes * bends).view(count, strokes, bends)
    # each piece turns by up to a quarter from the one before
    heading = torch.cumsum((angles - 0.5) * torch.pi, dim=2) + 4 * torch.pi * angles[..., :1]
    far = length * chance.uniform("freeform.length", strokes * bends).view(angles.shape)
    moves = far[..., None] * torch.stack([heading.cos(), heading.sin()], dim=-1)
    points = torch.cat([starts, starts + torch.cumsum(moves, dim=2)], dim=2) * size
    radius = size * thickness / 2 * (0.5 + chance.uniform("freeform.width", strokes) / 2)
    grid = centres(faces.image)
    filled = torch.zeros_like(faces.image[:, 0], dtype=torch.bool)
    for stroke in range(strokes):
        for bend in range(bends):
            distance = _to_segment(grid, points[:, stroke, bend], points[:, stroke, bend + 1])
            filled |= distance < radius[:, stroke, None, None]
    return filled[:, None].to(faces.image.dtype)


def _to_segment(grid: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """[B, H, W]: each pixel's distance to the segment from start [B, 2] to end [B, 2]."""
    along = (end - start)[:, None, None]
    offset = grid - start[:, None, None]
    share = (offset * along).sum(-1) / along.square().sum(-1).clamp(min=1e-6)
    return (offset - share.clamp(0, 1)[..., None] * along).norm(dim=-1)
