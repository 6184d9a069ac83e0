"""The encoder of AttGAN and STGAN."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from ebgan_kit.parts.nn import widths
from ebgan_kit_attgan.layers import halving


class Encoder(nn.Module):
    """An image to a feature map a level; it knows nothing of labels.

        `depth` convolutions 4, stride 2, batch norm, leaky ReLU     3 → w → 2w → 4w …

    w is `width`.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        pairs = itertools.pairwise([3, *widths(width, depth)])
        self.levels = nn.ModuleList(halving(i, o, nn.BatchNorm2d(o)) for i, o in pairs)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """[B, 3, H, W] in [-1, 1] to `depth` maps, the deepest first, as a decoder needs them.

        The map of level i, counted from 1, is [B, w·2^(i-1), H / 2^i, W / 2^i].
        """
        features: list[Tensor] = []
        for level in self.levels:
            image = level(image)
            features.insert(0, image)
        return tuple(features)
