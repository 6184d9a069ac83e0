"""The average of the model's weights over the last part of a run: what is shared and used."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Ema:
    """A copy of the model whose weights follow the trained ones (Karras et al. 2024, in images).

    `half_life`: images after which half of the average is new; 0 keeps the weights themselves.
    `warmup`: the half-life is at most this share of the images seen, so that early weights, far
    from anything, are soon forgotten.
    """

    def __init__(self, model: nn.Module, half_life: float, warmup: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.half_life, self.warmup = half_life, warmup
        # looked up once: walking through the modules takes as long as following them does
        self._mine: list[Tensor] = list(self.model.parameters())
        self._its: list[Tensor] = list(model.parameters())
        self._buffers = list(zip(self.model.buffers(), model.buffers(), strict=True))

    @torch.no_grad()
    def update(self, clock: int, images: int) -> None:
        """Follow the model after a step on `images` images that ended at `clock`."""
        half_life = min(self.half_life, clock * self.warmup)
        share = 1 - 0.5 ** (images / half_life) if half_life else 1.0
        torch._foreach_lerp_(self._mine, self._its, share)
        for mine, its in self._buffers:
            if mine.is_floating_point():  # what a batch norm has seen goes with the weights
                mine.lerp_(its, share)
            else:
                mine.copy_(its)
