"""Soft edges and matched colours of an edit; nothing here acts outside the region."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.images.poisson import membrane
from ebgan_kit.types import Faces, composite, region_of

STRIP = 256
"""Rows or columns that are summed at a time: memory is bounded, whatever the photograph's size."""


def fading(area: Tensor, width: int) -> Tensor:
    """Weigh the pixels of an edit against the source's, for a soft edge: [B, 1, H, W] in [0, 1].

    `area`: [B, 1, H, W], bool. `width`: the fade's distance in pixels, inwards from the area's
    boundary. The picture's border does not count as a boundary. A weight is twice the area's share
    in the square of that width about the pixel, less 1.
    """
    down, across = (_around(torch.ones(n, dtype=torch.bool), width, 0) for n in area.shape[-2:])
    columns = [_around(part, width, -2) for part in area.split(STRIP, -1)]
    strips = zip(torch.cat(columns, -1).split(STRIP, -2), down.split(STRIP), strict=True)
    shares = [_around(part, width, -1) / (rows[:, None] * across) for part, rows in strips]
    return torch.cat(shares, -2).mul_(2).sub_(1).clamp_(0, 1)


def _around(values: Tensor, width: int, axis: int) -> Tensor:
    """Sum those along an axis that are no more than `width` places away; exact, in int32."""
    length = values.shape[axis]
    here = torch.arange(length, device=values.device)
    sums = values.cumsum(axis, dtype=torch.int32)
    before = torch.cat([torch.zeros_like(sums.narrow(axis, 0, 1)), sums], axis)
    after, until = (here + width + 1).clamp(max=length), (here - width).clamp(min=0)
    return before.index_select(axis, after) - before.index_select(axis, until)


def colours_matched(completed: Tensor, face: Faces) -> Tensor:
    """Shift the colours of `completed`, [B, 3, H, W], inside the region by a smooth field.

    The network generates the pixels around the region too. The field continues their difference
    from the source into the region, so that no edge shows (Pérez, Gangnet and Blake 2003). `face`:
    the source as the model sees it.
    """
    region = region_of(face)
    off = membrane(face.image.double() - completed.double(), region > 0.5)
    return composite((completed + off).clamp(-1, 1), face.image, region)
