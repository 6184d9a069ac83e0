"""Adversarial terms on the logistic loss."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Lt
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from ebgan_kit.adversarial.scores import completed_scores, mean_over_scales, source_scores
from ebgan_kit.faces import Edit
from ebgan_kit.networks import Networks


class BCE:
    """Binary cross-entropy on D(A) against D(y), non-saturating: the paper's (eq. 5 and 6).

    `smoothing`: real images are labelled 1 - smoothing for the discriminator.
    """

    def __init__(self, *, smoothing: Annotated[float, Ge(0), Lt(0.5)] = 0.0) -> None:
        self.real = 1 - smoothing

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return mean_over_scales(completed_scores(edit, networks), lambda s: softplus(-s))

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real = mean_over_scales(source_scores(edit, networks), self._real)
        drawn = mean_over_scales(completed_scores(edit, networks), softplus)
        return real + drawn

    def _real(self, scores: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(scores, torch.full_like(scores, self.real))


class Softplus:
    """The logistic loss with R1, a penalty on D's gradient at real images (Mescheder et al. 2018).

    `r1`: γ in γ/2 · E|∇D(A)|²; the gradient is taken in float32.
    """

    def __init__(self, *, r1: Annotated[float, Ge(0)] = 1.0) -> None:
        self.r1 = r1

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return mean_over_scales(completed_scores(edit, networks), lambda s: softplus(-s))

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        drawn = mean_over_scales(completed_scores(edit, networks), softplus)
        real = mean_over_scales(source_scores(edit, networks), lambda s: softplus(-s))
        return real + drawn + self._penalty(edit, networks) if self.r1 else real + drawn

    def _penalty(self, edit: Edit, networks: Networks) -> Tensor:
        image = edit.source.image.detach().requires_grad_(True)
        with torch.autocast(image.device.type, enabled=False):
            scores = networks.discriminator(image, edit.source.attributes).scores
            total = sum(s.flatten(1).mean(1).sum() for s in scores)
            (gradient,) = torch.autograd.grad(total, image, create_graph=True)
        return self.r1 / 2 * gradient.square().sum((1, 2, 3)).mean()
