"""Optimisers of torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

Beta = Annotated[float, Ge(0), Lt(1)]


def adam(
    parameters: Iterable[nn.Parameter],
    *,
    rate: Annotated[float, Gt(0)] = 1e-4,
    betas: tuple[Beta, Beta] = (0.5, 0.999),
    decay: Annotated[float, Ge(0)] = 0.0,
) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2014); `decay` is of the weights themselves, as in AdamW."""
    return torch.optim.AdamW(parameters, lr=rate, betas=betas, weight_decay=decay, fused=True)
