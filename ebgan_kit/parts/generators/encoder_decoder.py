"""The paper's generator: an encoder, the code beside its output, a decoder; no skips."""

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


class EncoderDecoder(nn.Module):
    """The paper's generator: A_b = G_dec(G_enc(A·(1-M)) ⊕ Z), concatenated, without skips.

    `width`: channels of the first level, twice as many at each level up to `max_channels`.
    `depth`: how often the image is halved. `blocks`: residual blocks between the two halves.

    `encode`: image [B, 3, H, W] with its region emptied, and region [B, 1, H, W], to a tuple of
    feature maps. `decode`: these and a code [B, C, h, w], to an image [B, 3, H, W], in use cut to
    [-1, 1].
    """

    def __init__(
        self,
        task: Task,
        code_shape: tuple[int, int, int],
        *,
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 4,
        max_channels: Annotated[int, Ge(1), Was("most")] = 512,
        blocks: Annotated[int, Ge(0)] = 2,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = widths(width, depth, max_channels)
        pairs = list(zip([4, *levels], levels, strict=False))
        self.encoder = nn.Sequential(*(convolution(i, o, 2, norm) for i, o in pairs))
        self.mix = nn.Sequential(
            convolution(levels[-1] + code_shape[0], levels[-1], norm=norm),
            *(Residual(levels[-1], norm) for _ in range(blocks)),
        )
        back = [*reversed(levels), width]
        pairs = list(itertools.pairwise(back))
        self.decoder = nn.Sequential(*(doubling(i, o, norm) for i, o in pairs))
        self.head = nn.Conv2d(width, 3, 3, 1, 1)

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        return (self.encoder(torch.cat([masked, region], dim=1)),)

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        (features,) = context
        mixed = self.mix(torch.cat([features, spread(code, features).to(features.dtype)], dim=1))
        return in_range(self.head(self.decoder(mixed)), self.training)
