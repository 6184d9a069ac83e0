"""Adversarial terms on the logistic loss."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Lt
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from ebgan_kit.parts.adversarial.penalty import slope
from ebgan_kit.parts.adversarial.scores import (
    Sees,
    completed_scores,
    mean_over_scales,
    shown,
    source_scores,
)
from ebgan_kit.types import Edit, Networks


class BCE:
    """Binary cross-entropy on D(A) against D(y), non-saturating: the paper's (eq. 5 and 6).

    `sees`: what D is shown, the whole `face`, or the region from `close`, with half as much
    around it: no part of D's judgement is then thinned by pixels that are the same in A and y.
    `smoothing`: real images are labelled 1 - smoothing for the discriminator.
    """

    def __init__(
        self, *, sees: Sees = "face", smoothing: Annotated[float, Ge(0), Lt(0.5)] = 0.0
    ) -> None:
        self.sees: Sees = sees
        self.real = 1 - smoothing

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        scores = completed_scores(edit, networks, self.sees)
        return mean_over_scales(scores, lambda s: softplus(-s))

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real_scores = source_scores(edit, networks, self.sees)
        real = mean_over_scales(real_scores, self._real)
        drawn_scores = completed_scores(edit, networks, self.sees)
        drawn = mean_over_scales(drawn_scores, softplus)
        return real + drawn

    def _real(self, scores: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(scores, torch.full_like(scores, self.real))


class Softplus:
    """The logistic loss with R1, a penalty on D's gradient at real images (Mescheder et al. 2018).

    `r1`: γ in γ/2 · E|∇D(A)|²; the gradient is taken in float32. `r1_every`: of every so many faces
    of a batch, one stands for the others in that mean: as true on average, and cheaper.
    `sees`: what D is shown, as for `bce`.
    """

    def __init__(
        self,
        *,
        sees: Sees = "face",
        r1: Annotated[float, Ge(0)] = 1.0,
        r1_every: Annotated[int, Ge(1)] = 1,
    ) -> None:
        self.sees: Sees = sees
        self.r1, self.r1_every = r1, r1_every

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        scores = completed_scores(edit, networks, self.sees)
        return mean_over_scales(scores, lambda s: softplus(-s))

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        drawn_scores = completed_scores(edit, networks, self.sees)
        drawn = mean_over_scales(drawn_scores, softplus)
        real_scores = source_scores(edit, networks, self.sees)
        real = mean_over_scales(real_scores, lambda s: softplus(-s))
        if not self.r1:
            return real + drawn
        image = shown(edit.source.image, edit, self.sees)
        penalty = slope(image, edit.source.attributes, networks, self.r1_every)
        return real + drawn + self.r1 / 2 * penalty
