"""StarGAN's discriminator."""

from __future__ import annotations

import itertools
from typing import Annotated

from annotated_types import Ge, Lt
from torch import Tensor, nn

from ebgan_kit import Task, Verdict
from ebgan_kit.parts.nn import require_depth, widths


class Discriminator(nn.Module):
    """StarGAN's discriminator (Choi et al. 2018, table 5): two heads on one trunk.

        trunk     `depth` convolutions 4, stride 2     3 → w → 2w → 4w …, leaky ReLU
        scores    convolution 3                        a score a patch
        labels    convolution over all that is left    a logit an attribute

    No norm anywhere, as the penalty of `wgan-gp` wants it; no bias in the heads. w is `width`.

    `width`: channels of the first level, twice as many at each level.
    `depth`: how often the image is halved.
    `slope`: of the leaky ReLU below 0.

    Takes image [B, 3, H, W] in [-1, 1]; gives a map of scores [B, 1, H / 2^depth, W / 2^depth], and
    logits [B, n], or None for a model without attributes. What the image is said to show it does
    not look at.
    """

    def __init__(
        self,
        task: Task,
        *,
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 6,
        slope: Annotated[float, Ge(0), Lt(1)] = 0.01,
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        channels = [3, *widths(width, depth)]
        self.trunk = nn.Sequential(
            *(_halving(*pair, slope) for pair in itertools.pairwise(channels))
        )
        self.scores = nn.Conv2d(channels[-1], 1, 3, 1, 1, bias=False)
        left, names = task.size // 2**depth, len(task.attributes)
        self.labels = nn.Conv2d(channels[-1], names, left, bias=False) if names else None

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        features = self.trunk(image)
        logits = None if self.labels is None else self.labels(features).flatten(1)
        return Verdict((self.scores(features),), logits)


def _halving(inputs: int, outputs: int, slope: float) -> nn.Sequential:
    """A convolution that halves the size, and its bend."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(slope, inplace=True))
