"""RMSprop of torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

from ebgan_kit.registry.was import Was


def rmsprop(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0), Was("rate")] = 5e-5,
    memory: Annotated[float, Ge(0), Lt(1)] = 0.8,
    weight_decay: Annotated[float, Ge(0), Was("decay")] = 0.0,
    clamp: Annotated[float, Ge(0)] = 0.0,
) -> torch.optim.Optimizer:
    """RMSprop (Hinton 2012), with the weights kept in bounds.

    `memory`: the share of the old mean square that a step keeps. `weight_decay`: added to
    the gradient. `clamp`: after each step all weights are cut to [-clamp, clamp], which is how
    Wasserstein critics were kept smooth at first (Arjovsky et al. 2017); 0: they are free.
    """
    optimizer = torch.optim.RMSprop(
        parameters, lr=lr, alpha=memory, weight_decay=weight_decay, foreach=True
    )
    if clamp:
        optimizer.register_step_post_hook(lambda its, *given: _clamp(its, clamp))
    return optimizer


@torch.no_grad()
def _clamp(optimizer: torch.optim.Optimizer, most: float) -> Any:
    for group in optimizer.param_groups:
        torch._foreach_clamp_min_(group["params"], -most)
        torch._foreach_clamp_max_(group["params"], most)
