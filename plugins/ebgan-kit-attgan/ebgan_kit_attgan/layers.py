"""The layers that encoder, decoder and discriminator are made of."""

from __future__ import annotations

from torch import nn

SLOPE = 0.2
"""Of the leaky ReLU below 0, by the authors of both systems; a port of AttGAN has 0.01."""


def halving(inputs: int, outputs: int, norm: nn.Module) -> nn.Sequential:
    """A convolution that halves the size, its norm and its bend; the norm's shift is its bias."""
    layer = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(layer, norm, nn.LeakyReLU(SLOPE, inplace=True))


def doubling(inputs: int, outputs: int) -> nn.Sequential:
    """A transposed convolution that doubles the size, its norm and its bend."""
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def require_depth(size: int, depth: int) -> None:
    """ValueError where an image cannot be halved `depth` times, or not to 2x2 or more: over a
    single place a norm has nothing to average."""
    if size % 2**depth or size == 2**depth:
        raise ValueError(
            f"{size} pixels cannot be halved {depth} times to a map of 2x2 or more: take a size "
            f"that is a multiple of {2**depth}, from {2 * 2**depth} on, or a smaller depth"
        )
