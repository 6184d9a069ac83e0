"""Optimisers of torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

from ebgan_kit.registry.was import Was

Beta = Annotated[float, Ge(0), Lt(1)]


def adam(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0), Was("rate")] = 1e-4,
    betas: tuple[Beta, Beta] = (0.5, 0.999),
    weight_decay: Annotated[float, Ge(0), Was("decay")] = 0.0,
) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2014); `weight_decay` is of the weights themselves, as in AdamW."""
    return torch.optim.AdamW(parameters, lr=lr, betas=betas, weight_decay=weight_decay, fused=True)
