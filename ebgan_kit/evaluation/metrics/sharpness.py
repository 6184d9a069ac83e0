"""Is an edit as sharp as a photograph? Blur raises PSNR; it cannot raise this."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.evaluation.metrics.region import is_inside
from ebgan_kit.images.levels import to_bytes


def gradient_energy(image: Tensor, region: Tensor) -> Tensor:
    """The mean square of the steps between neighbouring pixels inside the region, [B].

    Images are [B, 3, H, W] in [-1, 1] and are compared as eight bits a channel, so the unit is a
    level of 0 to 255, squared; the region is [B, 1, H, W]. Pairs across the region's edge do not
    count: `seam` sees those. A picture has steps of its own: compare with the truth, or with an
    untouched face at the same places. NaN where a region holds no pair of neighbours.
    """
    levels, inside = to_bytes(image).double(), is_inside(region)
    total = torch.zeros(len(image), dtype=levels.dtype, device=levels.device)
    pairs = torch.zeros_like(total)
    for axis in (2, 3):
        step = levels.diff(dim=axis).square().mean(1, keepdim=True)
        length = inside.shape[axis] - 1
        both = inside.narrow(axis, 0, length) & inside.narrow(axis, 1, length)
        total += (step * both).sum((1, 2, 3))
        pairs += both.sum((1, 2, 3))
    return total / pairs
