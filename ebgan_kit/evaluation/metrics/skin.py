"""Does the skin of an edit go on in the colour of the skin around it?"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ebgan_kit.evaluation.metrics.region import is_inside, mean_inside
from ebgan_kit.images.levels import to_bytes

WIDTH = 1 / 32
"""The width of a band on either side of the region's edge, as a share of the picture's side."""


def skin_step(image: Tensor, region: Tensor) -> Tensor:
    """How far the mean colour just inside the region is from that just outside it, [B].

    The root mean square over three channels, in levels of 0 to 255, of bands a 32nd of the side
    wide. Images are [B, 3, H, W] in [-1, 1], the region is [B, 1, H, W]. Unlike `seam` it does not
    see lines and sees a wrong tone behind a smooth edge. A face has steps of its own there: compare
    with an untouched one. NaN where a band is empty.
    """
    levels, inside = to_bytes(image).double(), is_inside(region).double()
    steps = max(1, round(region.shape[-1] * WIDTH))
    side = 2 * steps + 1
    outer = max_pool2d(inside, side, 1, steps) - inside
    inner = max_pool2d(1 - inside, side, 1, steps) - (1 - inside)
    apart = [mean_inside(c, inner) - mean_inside(c, outer) for c in levels.split(1, dim=1)]
    return torch.stack(apart).square().mean(0).sqrt()
