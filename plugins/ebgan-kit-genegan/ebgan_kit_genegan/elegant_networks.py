"""ELEGANT's encoder and decoder, and the convolutions that its discriminator has too.

Every convolution has a kernel of 3, a stride of 2 and a bias; weights begin as N(0, 0.02).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ebgan_kit_genegan.normalization import Normalization


class Encoder(nn.Module):
    """Image [B, 3, H, W] to code, and the maps on the way to it: a level each of `widths`."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.levels = halvings(3, widths)

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        maps = [image]
        for level in self.levels:
            maps.append(level(maps[-1]))
        return maps[-1], maps[1:-1]


class Decoder(nn.Module):
    """Two codes, and the encoder's maps, to what is added to an image: 2·tanh, [B, 3, H, W]."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        upwards = [2 * widths[-1], *reversed(widths[:-1])]
        self.levels = nn.ModuleList(itertools.starmap(_doubling, itertools.pairwise(upwards)))
        self.last = _transposed(upwards[-1], 3)

    def forward(self, mixed: Tensor, own: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """`mixed` and `own` [B, C, h, w] are codes, `maps` are the source's, largest first."""
        features = torch.cat([mixed, own], dim=1)
        for level, skipped in zip(self.levels, reversed(maps), strict=True):
            features = level(features) + skipped
        return 2 * torch.tanh(self.last(features))


def halvings(inputs: int, outputs: Sequence[int]) -> nn.Sequential:
    """A level each that halves the size, to so many channels."""
    return nn.Sequential(*itertools.starmap(_halving, itertools.pairwise((inputs, *outputs))))


def _halving(inputs: int, outputs: int) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, 3, 2, 1)
    nn.init.normal_(layer.weight, std=0.02)
    return nn.Sequential(layer, Normalization(), nn.LeakyReLU(0.2, inplace=True))


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_transposed(inputs, outputs), Normalization(), nn.ReLU(inplace=True))


def _transposed(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    layer = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1)
    nn.init.normal_(layer.weight, std=0.02)
    return layer
