"""Networks of timm, and what must be known to feed them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def backbone(name: str, pretrained: bool, **options: Any) -> Any:
    """timm's network of that name; ValueError says what is wrong with it, or with the fetching."""
    import timm

    if not timm.is_model(name):
        from ebgan_kit.errors import nearest

        raise ValueError(f"timm has no backbone '{name}'{nearest(name, timm.list_models())[:300]}")
    if pretrained and not timm.is_model_pretrained(name):
        raise ValueError(f"timm has no weights of '{name}': set pretrained=false in its table")
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except OSError as problem:
        raise ValueError(
            f"timm's weights of '{name}' could not be fetched; set pretrained=false in its table "
            f"or connect once: {problem}"
        ) from problem


def check_side(network: nn.Module, name: str, side: int) -> None:
    """Try a backbone on an empty image; ValueError if it takes none of that many pixels a side."""
    was_training, device = network.training, next(network.parameters()).device
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, side, side, device=device))
    except AssertionError as problem:
        raise ValueError(f"backbone '{name}' does not take {side} pixels: {problem}") from problem
    network.train(was_training)


def licence(network: Any, pretrained: bool) -> str:
    """Of the weights that the network starts from; empty where they are nobody's."""
    return network.pretrained_cfg.get("license") or "unknown" if pretrained else ""


def colours(network: Any, pretrained: bool) -> tuple[Tensor, Tensor]:
    """Mean and deviation, [1, 3, 1, 1] each, by which the weights expect levels of 0 to 1."""
    config = network.pretrained_cfg
    mean, deviation = ((0.5,) * 3, (0.5,) * 3)
    if pretrained:
        mean, deviation = config["mean"], config["std"]
    return torch.tensor(mean).view(1, 3, 1, 1), torch.tensor(deviation).view(1, 3, 1, 1)
