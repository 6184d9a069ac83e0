"""GeneGAN's discriminators."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit import Task, Verdict
from ebgan_kit_genegan.labels import claimed
from ebgan_kit_genegan.networks import critic


class WithAndWithout(nn.Module):
    """GeneGAN's two critics: one of faces that have the attribute, one of faces that have not.

    Each image is scored by the one that its label names. Both look at every image, so that nothing
    in a step depends on the labels but the choice of a score.

    `width`: channels of the first level of each, four times as many at the last.

    Takes image [B, 3, H, W] in [-1, 1] and attributes [B, 1]; gives one score an image, linear.
    ValueError for more attributes than one, where none are given, and for a size that is no
    multiple of 16.
    """

    def __init__(self, task: Task, *, width: Annotated[int, Ge(1)] = 128) -> None:
        super().__init__()
        if len(task.attributes) != 1:
            raise ValueError(
                f"this discriminator is of one attribute, and the model has {len(task.attributes)}"
            )
        self.having = critic(3, 1, task.size, width)
        self.lacking = critic(3, 1, task.size, width)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        has = claimed(attributes) > 0.5
        return Verdict((torch.where(has, self.having(image), self.lacking(image)),))
