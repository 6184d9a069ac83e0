"""The few layers that the built-in networks are made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

Norm = Literal["none", "batch", "instance"]
"""The norm behind a layer, which then has no bias of its own."""


def convolution(inputs: int, outputs: int, stride: int = 1, norm: Norm = "none") -> nn.Sequential:
    """A convolution that halves the size (stride 2) or keeps it, and a bend."""
    kernel = 4 if stride == 2 else 3
    layer = nn.Conv2d(inputs, outputs, kernel, stride, 1, bias=norm == "none")
    _keep_variance(layer, inputs * kernel**2)
    return nn.Sequential(layer, *_norm(norm, outputs), nn.LeakyReLU(0.2, inplace=True))


def halvings(inputs: int, outputs: Sequence[int], norm: Norm = "none") -> nn.Sequential:
    """Convolutions that halve the size again and again, to so many channels each."""
    levels = [inputs, *outputs]
    return nn.Sequential(*(convolution(i, o, 2, norm) for i, o in itertools.pairwise(levels)))


def doubling(inputs: int, outputs: int, norm: Norm = "none") -> nn.Sequential:
    """A transposed convolution that doubles the size, and a bend.

    It keeps the channels-last layout, which `nn.Upsample` falls out of.
    """
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=norm == "none")
    _keep_variance(layer, inputs * 4)  # four of the kernel's sixteen places meet in a pixel
    return nn.Sequential(layer, *_norm(norm, outputs), nn.LeakyReLU(0.2, inplace=True))


def widened(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """A transposed convolution of a vector [B, C, 1, 1] to height and width `size`, and a bend."""
    layer = nn.ConvTranspose2d(inputs, outputs, size)
    _keep_variance(layer, inputs)
    return nn.Sequential(layer, nn.LeakyReLU(0.2, inplace=True))


def _keep_variance(layer: nn.Conv2d | nn.ConvTranspose2d, inputs: int) -> None:
    """Weights under which a signal neither fades nor grows (He et al. 2015): networks without norms
    do not train at high rates with less."""
    gain = nn.init.calculate_gain("leaky_relu", 0.2)
    nn.init.normal_(layer.weight, std=gain / inputs**0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _norm(norm: Norm, channels: int) -> list[nn.Module]:
    if norm == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels, affine=True)] if norm == "instance" else []


class Residual(nn.Module):
    """Two convolutions and what came in."""

    def __init__(self, channels: int, norm: Norm = "none") -> None:
        super().__init__()
        last = nn.Conv2d(channels, channels, 3, 1, 1)
        nn.init.zeros_(last.weight)  # it begins as what came in, but for a bias
        self.body = nn.Sequential(convolution(channels, channels, norm=norm), last)

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.body(inputs)


def widths(width: int, depth: int, most: int | None = None) -> list[int]:
    """Channels of `depth` levels: twice as many at each, up to `most` where that is given."""
    doubled = [width * 2**level for level in range(depth)]
    return doubled if most is None else [min(channels, most) for channels in doubled]


def require_depth(size: int, depth: int) -> None:
    """Raise ValueError where an image cannot be halved `depth` times."""
    if size % 2**depth:
        raise ValueError(
            f"{size} pixels cannot be halved {depth} times: take a size that is a multiple of "
            f"{2**depth}, or a smaller depth"
        )


def spread(code: Tensor, like: Tensor) -> Tensor:
    """A code [B, C, h, w] or [B, C, 1, 1] at the height and width of a feature map."""
    if code.shape[-2:] == like.shape[-2:]:
        return code
    if code.shape[-2:] == (1, 1):
        return code.expand(-1, -1, *like.shape[-2:])
    return nn.functional.interpolate(code, like.shape[-2:], mode="bilinear", align_corners=False)


def unit(code: Tensor) -> Tensor:
    """The code with a mean square of one over its channels, at each place of the map."""
    code = code.float()
    return code * torch.rsqrt(code.square().mean(1, keepdim=True) + 1e-6)


def in_range(image: Tensor, training: bool) -> Tensor:
    """A drawn image, cut to [-1, 1] in use.

    In training it is free: where a bend such as tanh has carried pixels to its ends no gradient
    brings them back, and a network without norms does not recover from one bad step.
    """
    return image if training else image.clamp(-1, 1)
