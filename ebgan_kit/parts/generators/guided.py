"""A generator that meets the exemplar as a map, at each scale."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.parts.generators.window import Window
from ebgan_kit.parts.nn.layers import in_range
from ebgan_kit.parts.nn.view import sample, square_about


class Guided(Window):
    """A `window` whose decoder meets the code, laid where the region lies, at each scale.

    The code is a map of the region's own square, as `conv` gives it with `sees = "close"` and
    `shape = "map"`. The source's features and the exemplar's then meet place by place: outlines,
    teeth and hairs need not pass a bottleneck.

    Keys are those of `window`.
    """

    def met_at_each_scale(self, code_channels: int) -> int:
        return code_channels

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        masked, centre, half, *features = super().encode(masked, region)
        own_centre, own_half = square_about(region)
        # the window in the frame of the region's own square
        within = (centre - own_centre) / own_half[:, None], half / own_half
        return (masked, centre, half, *within, *features)

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        masked, centre, half, middle, reach, *skips, features = context
        features = self.mix(_met(code, middle, reach, features))
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            features = join(_met(code, middle, reach, up(features), skip))
        drawn = in_range(self.head(features), self.training).float()
        return self.put_back(drawn, masked, centre, half)


def _met(code: Tensor, middle: Tensor, reach: Tensor, *features: Tensor) -> Tensor:
    """Features [B, C, h, w], and the code laid over them."""
    laid = sample(code.float(), middle, reach, features[0].shape[-1])
    # a map in another layout would have all of them copied
    laid = laid.to(features[0].dtype, memory_format=torch.channels_last)
    return torch.cat([*features, laid], dim=1)
