"""The encoder of plain strided convolutions."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

import torch
from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.faces import Task
from ebgan_kit.layers import Norm, convolution, require_depth, unit, widths


class Conv(nn.Module):
    """Strided convolutions over the region: Z = E(image, region).

    `shape`: the code is a `map` (size / 2^depth on a side) or a `vector` (its mean).
    `sees`: only the `region` (image · M), or the whole `face`; M is a fourth channel in both.
    `normalise`: the code's channels have a mean square of one, so that no term can shrink it.

    Takes image [B, 3, H, W] in [-1, 1] and region [B, 1, H, W]; gives [B, channels, h, w].
    """

    def __init__(
        self,
        task: Task,
        channels: int,
        *,
        width: Annotated[int, Ge(1)] = 32,
        depth: Annotated[int, Ge(1)] = 4,
        most: Annotated[int, Ge(1)] = 256,
        shape: Literal["map", "vector"] = "map",
        sees: Literal["region", "face"] = "region",
        normalise: bool = True,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        self.shape, self.sees, self.normalise = shape, sees, normalise
        levels = [4, *widths(width, depth, most)]
        pairs = itertools.pairwise(levels)
        self.body = nn.Sequential(*(convolution(i, o, 2, norm) for i, o in pairs))
        self.head = nn.Conv2d(levels[-1], channels, 3 if shape == "map" else 1, padding="same")

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        if self.sees == "region":
            image = image * region
        features = self.body(torch.cat([image, region], dim=1))
        if self.shape == "vector":
            features = features.mean((2, 3), keepdim=True)
        code = self.head(features)
        return unit(code) if self.normalise else code
