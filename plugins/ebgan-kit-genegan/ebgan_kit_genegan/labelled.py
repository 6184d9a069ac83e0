"""DNA-GAN's discriminator."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit import Task, Verdict
from ebgan_kit_genegan.labels import claimed, with_maps
from ebgan_kit_genegan.networks import critic


class Labelled(nn.Module):
    """DNA-GAN's critic: it sees the image and, as maps of -1 or 1, what it is said to show.

    It has a score for each attribute, and all count. The paper trains the score of the attribute
    that a step exchanges, and of no other.

    `width`: channels of the first level, four times as many at the last.

    Takes image [B, 3, H, W] in [-1, 1] and attributes [B, n]; gives n scores [B, 1], linear, in
    place of scales. ValueError where no attributes are given, and for a size that is no multiple
    of 16.
    """

    def __init__(self, task: Task, *, width: Annotated[int, Ge(1)] = 128) -> None:
        super().__init__()
        count = len(task.attributes)
        if not count:
            raise ValueError("this discriminator scores attributes, and the model edits none")
        self.network = critic(3 + count, count, task.size, width)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        signs = 2 * claimed(attributes) - 1
        return Verdict(self.network(with_maps(image, signs)).split(1, dim=1))
