"""The adversarial term on the difference of two scores."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor
from torch.nn.functional import softplus

from ebgan_kit.parts.adversarial.penalty import slope
from ebgan_kit.parts.adversarial.scores import (
    Scores,
    Sees,
    completed_scores,
    mean_over_scales,
    shown,
    source_scores,
)
from ebgan_kit.types import Edit, Networks


class Relativistic:
    """The relativistic loss with R1 and R2, as in R3GAN (Huang et al. 2024).

        critic: softplus(D(y) - D(A)) + γ/2·(|∇D(A)|² + |∇D(y)|²)   model: softplus(D(A) - D(y))

    An edit y and its source A are one picture but for the region, so D need only tell which of the
    two was edited. Both penalties keep D from running ahead.

    `gamma`: γ; the gradients are taken in float32. `penalty_every`: of every so many faces of a
    batch, one stands for the others in the penalties. `sees`: what D is shown, as for `bce`.
    """

    def __init__(
        self,
        *,
        sees: Sees = "face",
        gamma: Annotated[float, Ge(0)] = 1.0,
        penalty_every: Annotated[int, Ge(1)] = 1,
    ) -> None:
        self.sees: Sees = sees
        self.gamma, self.penalty_every = gamma, penalty_every

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        with torch.no_grad():
            real = source_scores(edit, networks, self.sees)
        drawn = completed_scores(edit, networks, self.sees)
        return mean_over_scales(_ahead(real, drawn), softplus)

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real = source_scores(edit, networks, self.sees)
        drawn = completed_scores(edit, networks, self.sees)
        loss = mean_over_scales(_ahead(drawn, real), softplus)
        if not self.gamma:
            return loss
        sides = ((edit.source.image, edit.source.attributes), (edit.image, edit.wanted))
        slopes = [
            slope(shown(image, edit, self.sees), labels, networks, self.penalty_every)
            for image, labels in sides
        ]
        return loss + self.gamma / 2 * torch.stack(slopes).sum()


def _ahead(one: Scores, other: Scores) -> Scores:
    """By how much one picture's scores are above the other's, at each scale, in float32."""
    return tuple(a.float() - b.float() for a, b in zip(one, other, strict=True))
