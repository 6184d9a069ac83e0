"""A generator whose decoder sees the source at every scale."""

from __future__ import annotations

import itertools
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import (
    Norm,
    Residual,
    convolution,
    doubling,
    in_range,
    require_depth,
    spread,
    widths,
)
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task


class UNet(nn.Module):
    """The paper's generator with skips: the decoder meets the masked source at every scale.

    Skin, light and the lines that cross the region's edge need not pass the bottleneck, so the
    seam is finer and the code is left with what the source cannot tell.

    `decoder_blocks`: residual blocks at each scale of the decoder, where it has met the source. Of
    lines a pixel wide no coarser scale knows.
    Other keys, `encode` and `decode` are those of `encoder-decoder`.
    """

    def __init__(
        self,
        task: Task,
        code_shape: tuple[int, int, int],
        *,
        width: Annotated[int, Ge(1)] = 32,
        depth: Annotated[int, Ge(1)] = 4,
        max_channels: Annotated[int, Ge(1), Was("most")] = 256,
        blocks: Annotated[int, Ge(0)] = 2,
        decoder_blocks: Annotated[int, Ge(0)] = 0,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = [width, *widths(2 * width, depth, max_channels)]
        self.stem = convolution(4, width, norm=norm)
        self.down = nn.ModuleList(convolution(i, o, 2, norm) for i, o in itertools.pairwise(levels))
        self.mix = nn.Sequential(
            convolution(levels[-1] + code_shape[0], levels[-1], norm=norm),
            *(Residual(levels[-1], norm) for _ in range(blocks)),
        )
        back = list(zip(levels[:0:-1], levels[-2::-1], strict=True))
        self.up = nn.ModuleList(doubling(i, o, norm) for i, o in back)
        met = self.met_at_each_scale(code_shape[0])
        self.join = nn.ModuleList(
            nn.Sequential(
                *convolution(2 * o + met, o, norm=norm),
                *(Residual(o, norm) for _ in range(decoder_blocks)),
            )
            for _, o in back
        )
        self.head = nn.Conv2d(width, 3, 3, 1, 1)

    def met_at_each_scale(self, code_channels: int) -> int:
        """Channels that the decoder meets at each scale beside the source's."""
        return 0

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        context = [self.stem(torch.cat([masked, region], dim=1))]
        for down in self.down:
            context.append(down(context[-1]))
        return tuple(context)

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        *skips, features = context
        features = torch.cat([features, spread(code, features).to(features.dtype)], dim=1)
        features = self.mix(features)
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            features = join(torch.cat([up(features), skip], dim=1))
        return in_range(self.head(features), self.training)
