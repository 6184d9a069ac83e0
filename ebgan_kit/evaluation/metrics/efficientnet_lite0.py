"""What EfficientNet-Lite0 sees in pictures."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import interpolate

from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.parts.nn.efficientnet_lite0 import classifier

NAME = "EfficientNet-Lite0"
"""The features' name in a report."""

SIDE = 224
"""Height and width in pixels of the pictures that the network was trained on."""


def efficientnet_lite0() -> Features | None:
    """Return the network's 1280 numbers before its classes; None without the extra `features`.

    The network runs on the pictures' device.
    """
    network = classifier()
    if network is None:
        return None
    network.reset_classifier(0)
    return Features(NAME, lambda image: network.to(image.device)(_shown(image)))


def _shown(image: Tensor) -> Tensor:
    """[B, 3, 224, 224]: pictures in [-1, 1] as eight bits a channel, resized by a bicubic."""
    levels = to_bytes(image).float()
    levels = interpolate(levels, size=(SIDE, SIDE), mode="bicubic", antialias=True)
    return levels.clamp(0, 255) / 127.5 - 1
