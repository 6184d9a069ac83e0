"""A map of a region's square, drawn from a vector."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import Residual, doubling, widened

WIDTH = 128
"""Channels of the first, coarsest map; each doubling of the size halves them."""


class VectorToMap(nn.Module):
    """Transposed convolutions from a vector to a map of the region's square, and a residual block.

    From a vector, a decoder has to work out for each place which part of the region lies there. A
    map says it, and can be turned and laid as the region is.

    Takes code [B, C, 1, 1]; gives [B, channels, `side`, `side`].
    """

    def __init__(self, code_channels: int, channels: int, side: int) -> None:
        super().__init__()
        coarse, doublings = side, 0
        while coarse > 4 and coarse % 2 == 0:
            coarse, doublings = coarse // 2, doublings + 1
        levels = [max(WIDTH >> level, channels) for level in range(doublings)] + [channels]
        self.body = nn.Sequential(
            widened(code_channels, levels[0], coarse),
            *(doubling(i, o) for i, o in itertools.pairwise(levels)),
            Residual(channels),
        )

    def forward(self, code: Tensor) -> Tensor:
        return self.body(code)
