"""What the discriminator says of sources and of edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from torch import Tensor

from ebgan_kit.parts.nn.view import close_up
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Edit, Networks

Scores = tuple[Tensor, ...]


Sees = Annotated[Literal["face", "close"], Was("judges")]
"""What D is shown: the whole image, or the square about the region and half as much around it, at
the image's size."""


def source_scores(edit: Edit, networks: Networks, sees: Sees) -> Scores:
    """D(A): logits for the untouched sources, a tensor a scale."""
    image = shown(edit.source.image, edit, sees)
    return networks.discriminator(image, edit.source.attributes).scores


def completed_scores(edit: Edit, networks: Networks, sees: Sees) -> Scores:
    """D(y): logits for the edits, which D sees as a user would, outside the region untouched."""
    return networks.discriminator(shown(edit.image, edit, sees), edit.wanted).scores


def shown(image: Tensor, edit: Edit, sees: Sees) -> Tensor:
    """An image of the edit's as D sees it."""
    if sees == "face":
        return image
    return close_up(image, edit.region, image.shape[-1], margin=0.5)


def mean_over_scales(scores: Scores, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """The loss of each scale's float32 logits, each scale alike."""
    return torch.stack([loss(s.float()).mean() for s in scores]).mean()
