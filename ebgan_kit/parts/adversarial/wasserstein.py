"""The adversarial term on the Wasserstein distance."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from ebgan_kit.parts.adversarial.scores import (
    Sees,
    completed_scores,
    mean_over_scales,
    shown,
    source_scores,
)
from ebgan_kit.rng import of_pairs
from ebgan_kit.types import Edit, Networks


class WganGp:
    """The Wasserstein loss with a penalty on D's gradient (Gulrajani et al. 2017, eq. 3).

        critic: E[D(y)] - E[D(A)] + λ·E[(|∇D(x̂)|₂ - 1)²]      model: -E[D(y)]

    x̂ lies anywhere between A and y, always at the same place for the same pair.

    `penalty`: λ; the gradient is taken in float32, of the sum of an image's scores. Where it is 0
    nothing keeps D's slope in bounds but `optimizer.critic.clamp` (Arjovsky et al. 2017).
    `sees`: what D is shown, as for `bce`.
    """

    def __init__(self, *, penalty: Annotated[float, Ge(0)] = 10.0, sees: Sees = "face") -> None:
        self.penalty = penalty
        self.sees: Sees = sees

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return mean_over_scales(completed_scores(edit, networks, self.sees), lambda s: -s)

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real = mean_over_scales(source_scores(edit, networks, self.sees), lambda s: -s)
        drawn = mean_over_scales(completed_scores(edit, networks, self.sees), lambda s: s)
        return real + drawn + self._penalty(edit, networks) if self.penalty else real + drawn

    def _penalty(self, edit: Edit, networks: Networks) -> Tensor:
        real, drawn = (
            shown(image, edit, self.sees).detach().float()
            for image in (edit.source.image, edit.image)
        )
        share = of_pairs(edit.source.index, edit.exemplar.index).uniform("line", 1)
        between = torch.lerp(real, drawn, share[:, :, None, None]).requires_grad_(True)
        with torch.autocast(between.device.type, enabled=False):
            scores = networks.discriminator(between, edit.source.attributes).scores
            total = torch.stack([s.sum() for s in scores]).sum()
            (gradient,) = torch.autograd.grad(total, between, create_graph=True)
        return self.penalty * (gradient.flatten(1).norm(dim=1) - 1).square().mean()
