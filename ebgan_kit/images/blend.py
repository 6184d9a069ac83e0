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
    boundary; the picture's border does not count as one. A weight is twice the area's share in the
    square about the pixel, `2 * width + 1` on a side, less 1. Sums that run along rows and columns
    give it, so that it takes as long for any width.
    """
    down, across = (_around(area.new_ones(side), width, 0) for side in area.shape[-2:])
    columns = torch.empty_like(area, dtype=torch.int32)
    for part, sums in zip(area.split(STRIP, -1), columns.split(STRIP, -1), strict=True):
        sums.copy_(_around(part, width, -2))
    weights = torch.empty_like(area, dtype=torch.float32)
    strips = (tensor.split(STRIP, -2) for tensor in (columns, weights, down[:, None]))
    for sums, shares, rows in zip(*strips, strict=True):
        shares.copy_(_around(sums, width, -1) / (rows * across))
    return weights.mul_(2).sub_(1).clamp_(0, 1)


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
