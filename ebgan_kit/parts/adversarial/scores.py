"""What the discriminator says of sources and of edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from ebgan_kit.parts.nn.view import close_up
from ebgan_kit.types import Edit, Networks

Scores = tuple[Tensor, ...]


Judges = Literal["face", "close"]
"""What D is shown: the whole image, or the square about the region and half as much around it, at
the image's size."""


def source_scores(edit: Edit, networks: Networks, judges: Judges) -> Scores:
    """D(A): logits for the untouched sources, a tensor a scale."""
    image = shown(edit.source.image, edit, judges)
    return networks.discriminator(image, edit.source.attributes).scores


def completed_scores(edit: Edit, networks: Networks, judges: Judges) -> Scores:
    """D(y): logits for the edits, which D sees as a user would, outside the region untouched."""
    return networks.discriminator(shown(edit.image, edit, judges), edit.wanted).scores


def shown(image: Tensor, edit: Edit, judges: Judges) -> Tensor:
    """An image of the edit's as D sees it."""
    if judges == "face":
        return image
    return close_up(image, edit.region, image.shape[-1], margin=0.5)


def mean_over_scales(scores: Scores, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """The loss of each scale's float32 logits, each scale alike."""
    return torch.stack([loss(s.float()).mean() for s in scores]).mean()
