"""ELEGANT's norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Normalization(nn.Module):
    """At each pixel the channels' vector is brought to length one; α·x/|x|₂ + β, two numbers a
    layer.

    Unlike a batch norm it mixes neither the faces of a batch nor the places of a map. The length is
    taken in float32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1))
        self.beta = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Tensor) -> Tensor:
        squares = inputs.float().square().sum(1, keepdim=True)
        scale = self.alpha * torch.rsqrt(squares.clamp(min=1e-24))
        return inputs * scale.to(inputs.dtype) + self.beta.to(inputs.dtype)
