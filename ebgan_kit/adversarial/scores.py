"""What the discriminator says of sources and of edits."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ebgan_kit.faces import Edit
from ebgan_kit.networks import Networks

Scores = tuple[Tensor, ...]


def source_scores(edit: Edit, networks: Networks) -> Scores:
    """D(A): logits for the untouched sources, a tensor a scale."""
    return networks.discriminator(edit.source.image, edit.source.attributes).scores


def completed_scores(edit: Edit, networks: Networks) -> Scores:
    """D(y): logits for the edits, which D sees as a user would, outside the region untouched."""
    return networks.discriminator(edit.image, edit.wanted).scores


def mean_over_scales(scores: Scores, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """The loss of each scale's float32 logits, each scale alike."""
    return torch.stack([loss(s.float()).mean() for s in scores]).mean()
