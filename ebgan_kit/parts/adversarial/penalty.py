"""The penalty on a discriminator's slope."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.types import Networks


def slope(image: Tensor, labels: Tensor | None, networks: Networks, every: int = 1) -> Tensor:
    """E|∇D(x)|² at images x [B, 3, H, W], of each image's mean score, in float32.

    Of every so many images one stands for the others: as true on average, and cheaper. At sources
    this is R1, at edits R2 (Mescheder et al. 2018).
    """
    discriminator = networks.discriminator
    if hasattr(discriminator, "of_every"):  # each face has a change of its own before it is shown
        discriminator = discriminator.of_every(every)
    image = image.detach()[::every].float().requires_grad_(True)
    with torch.autocast(image.device.type, enabled=False):
        scores = discriminator(image, None if labels is None else labels[::every]).scores
        total = sum(s.flatten(1).mean(1).sum() for s in scores)
        (gradient,) = torch.autograd.grad(total, image, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()
