"""A discriminator of patches."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import Norm, halvings, require_depth, widths
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task, Verdict


class Patch(nn.Module):
    """A score for every patch of the image (Isola et al. 2017), so that local faults cost at once.

    `width`: channels of the first level, twice as many at each level up to `max_channels`.
    `depth`: how often the image is halved; a patch is about 3 * 2^depth pixels wide.

    Takes image [B, 3, H, W] in [-1, 1]; gives a map of logits [B, 1, H / 2^depth, W / 2^depth].
    """

    def __init__(
        self,
        task: Task,
        *,
        width: Annotated[int, Ge(1)] = 64,
        depth: Annotated[int, Ge(1)] = 3,
        max_channels: Annotated[int, Ge(1), Was("most")] = 512,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = widths(width, depth, max_channels)
        self.body = halvings(3, levels, norm)
        self.head = nn.Conv2d(levels[-1], 1, 3, padding=1)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        return Verdict((self.head(self.body(image)),))
