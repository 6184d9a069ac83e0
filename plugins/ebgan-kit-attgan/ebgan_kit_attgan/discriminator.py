"""The discriminator of AttGAN and STGAN."""

from __future__ import annotations

import itertools
from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit import Task, Verdict
from ebgan_kit.parts.nn import widths
from ebgan_kit_attgan.layers import SLOPE, halving, require_depth


class Discriminator(nn.Module):
    """D and C on one trunk (He et al. 2019), of AttGAN and of STGAN alike.

        trunk     `depth` convolutions 4, stride 2, instance norm, leaky ReLU    3 → w → 2w …
        scores    linear to `features`, leaky ReLU, linear to 1                  a score
        labels    linear to `features`, leaky ReLU, linear to n                  n logits

    w is `width`. Instance norm mixes no faces of a batch, so that the penalty of `wgan-gp` on each
    image's gradient means what it says.

    `width`: channels of the first level, twice as many at each level.
    `depth`: how often the image is halved; it must leave a map of 2x2 or more.
    `features`: numbers between the two linear layers of each head.

    Takes image [B, 3, H, W] in [-1, 1]; gives one score an image [B, 1], and logits [B, n], or None
    for a model without attributes. What the image is said to show it does not look at.
    """

    def __init__(
        self,
        task: Task,
        *,
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 5,
        features: Annotated[int, Ge(1)] = 1024,
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = [3, *widths(width, depth)]
        self.trunk = nn.Sequential(
            *(
                halving(i, o, nn.InstanceNorm2d(o, affine=True))
                for i, o in itertools.pairwise(levels)
            )
        )
        left, names = levels[-1] * (task.size // 2**depth) ** 2, len(task.attributes)
        self.scores = _head(left, features, 1)
        self.labels = _head(left, features, names) if names else None

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        left = self.trunk(image).flatten(1)
        return Verdict((self.scores(left),), None if self.labels is None else self.labels(left))


def _head(inputs: int, features: int, outputs: int) -> nn.Sequential:
    bend = nn.LeakyReLU(SLOPE, inplace=True)
    return nn.Sequential(nn.Linear(inputs, features), bend, nn.Linear(features, outputs))
