"""MulGAN's encoder and decoder.

Every convolution has a kernel of 4 and a stride of 2; none has a bias but the decoder's last.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn


def encoder(widths: Sequence[int]) -> nn.Sequential:
    """An image [B, 3, H, W] to a code of the last width; each level halves the size."""
    return nn.Sequential(*itertools.starmap(_halving, itertools.pairwise((3, *widths))))


def decoder(widths: Sequence[int]) -> nn.Sequential:
    """A code of the last width to an image in [-1, 1], by way of the same widths back."""
    upwards = [widths[-1], *reversed(widths)][:-1]
    levels = itertools.starmap(_doubling, itertools.pairwise(upwards))
    return nn.Sequential(*levels, nn.ConvTranspose2d(upwards[-1], 3, 4, 2, 1), nn.Tanh())


def _halving(inputs: int, outputs: int) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True))


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
