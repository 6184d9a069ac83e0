"""What EfficientNet-Lite0 sees in pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.parts.nn.efficientnet_lite0 import classifier

NAME = "EfficientNet-Lite0"
"""The features' name in a report."""

SIDE = 224
"""Height and width in pixels of the pictures that the network was trained on."""

AT_ONCE = 4
"""Pictures per pass: of 64 a layer's maps fill 100 MB, and fetching that memory anew for each layer
takes a CPU three times as long as the layers do."""


def efficientnet_lite0() -> Features | None:
    """Return the network's 1280 numbers before its classes; None without the extra `features`.

    The network runs on the pictures' device.
    """
    network = classifier()
    if network is None:
        return None
    network.reset_classifier(0)

    def take(image: Tensor) -> Tensor:
        placed = network.to(image.device)
        return torch.cat([placed(few) for few in _shown(image).split(AT_ONCE)])

    return Features(NAME, take)


def _shown(image: Tensor) -> Tensor:
    """[B, 3, 224, 224]: pictures in [-1, 1] as eight bits a channel, resized by a bicubic."""
    levels = to_bytes(image).float()
    levels = interpolate(levels, size=(SIDE, SIDE), mode="bicubic", antialias=True)
    return levels.clamp(0, 255) / 127.5 - 1
