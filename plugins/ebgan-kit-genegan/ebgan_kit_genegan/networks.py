"""The networks that GeneGAN and DNA-GAN share: encoder, decoder, critic.

Every convolution has a kernel of 4 and a stride of 2, and weights that begin as N(0, 0.02).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn

HALVINGS = 3
"""How often an image is halved to its code."""

Layer = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


def encoder(width: int) -> nn.Sequential:
    """Image [B, 3, H, W] to code [B, 4·width, H/8, W/8]."""
    return halvings(3, (width, 2 * width, 4 * width))


def decoder(width: int) -> nn.Sequential:
    """Code [B, 4·width, H/8, W/8] to image [B, 3, H, W] in [-1, 1]."""
    last = nn.ConvTranspose2d(2 * width, 3, 4, 2, 1)
    return nn.Sequential(
        *_doubling(4 * width, 4 * width), *_doubling(4 * width, 2 * width), _begun(last), nn.Tanh()
    )


def critic(inputs: int, outputs: int, size: int, width: int) -> nn.Sequential:
    """Image [B, inputs, size, size] to logits [B, outputs]: four halvings and a linear layer."""
    require_halvings(size, 4)
    widths = (width, 2 * width, 4 * width, 4 * width)
    head = nn.Linear(widths[-1] * (size // 16) ** 2, outputs)
    return nn.Sequential(halvings(inputs, widths), nn.Flatten(), _begun(head))


def halvings(inputs: int, outputs: Sequence[int]) -> nn.Sequential:
    """Convolutions that halve the size, to so many channels each; none has a bias, and each but the
    first has a batch norm."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise((inputs, *outputs)):
        norm = [_norm(after)] if layers else []
        convolution = _begun(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        layers += [convolution, *norm, nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers)


def require_halvings(size: int, count: int) -> None:
    """ValueError where an image cannot be halved so often."""
    if size % 2**count:
        raise ValueError(
            f"{size} pixels cannot be halved {count} times: set data.size to a multiple of "
            f"{2**count}"
        )


def _doubling(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = _begun(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False))
    return [convolution, _norm(outputs), nn.ReLU(inplace=True)]


def _norm(channels: int) -> nn.BatchNorm2d:
    """With TensorFlow's epsilon: what clamped weights leave of a signal is small beside torch's
    own, too, and would be blown up to a variance of one by it."""
    return nn.BatchNorm2d(channels, eps=1e-3)


def _begun(layer: Layer) -> Layer:
    """The layer with the authors' first weights: N(0, 0.02), and 0 for a bias."""
    nn.init.normal_(layer.weight, std=0.02)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
