"""The classifier of plain strided convolutions."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import Norm, halvings, require_depth, widths
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task


class Conv(nn.Module):
    """Strided convolutions and one linear layer over all of the map that they leave.

    `width`: channels of the first level, twice as many at each level up to `max_channels`.
    `depth`: how often the image is halved.

    Takes image [B, 3, H, W] in [-1, 1]; gives a logit an attribute [B, n].
    """

    def __init__(
        self,
        task: Task,
        *,
        width: Annotated[int, Ge(1)] = 32,
        depth: Annotated[int, Ge(1)] = 4,
        max_channels: Annotated[int, Ge(1), Was("most")] = 256,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = widths(width, depth, max_channels)
        self.body = halvings(3, levels, norm)
        features = levels[-1] * (task.size // 2**depth) ** 2
        self.head = nn.Linear(features, len(task.attributes))

    def features(self, image: Tensor) -> Tensor:
        """[B, F]: what the head reads."""
        return self.body(image).flatten(1)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.features(image))
