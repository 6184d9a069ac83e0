"""Does the edge of the region show?"""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.evaluation.metrics.region import is_inside
from ebgan_kit.images.levels import to_bytes


def seam(image: Tensor, region: Tensor) -> Tensor:
    """The step in brightness across the region's edge, [B], in levels of 0 to 255.

    The mean absolute difference, over three channels, of all pairs of neighbouring pixels of which
    one is inside and one outside. Images are [B, 3, H, W] in [-1, 1], the region is [B, 1, H, W].
    A picture has gradients of its own there: compare with an untouched one at the same places.
    NaN where a region has no edge.
    """
    levels, inside = to_bytes(image).double(), is_inside(region)
    total = torch.zeros(len(image), dtype=levels.dtype, device=levels.device)
    pairs = torch.zeros_like(total)
    for axis in (2, 3):
        step = levels.diff(dim=axis).abs().mean(1, keepdim=True)
        crosses = inside.diff(dim=axis)  # of truth values: true where the two differ
        total += (step * crosses).sum((1, 2, 3))
        pairs += crosses.sum((1, 2, 3))
    return total / pairs
