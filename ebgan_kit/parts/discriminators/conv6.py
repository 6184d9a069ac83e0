"""The paper's discriminator."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import Norm, halvings, require_depth, widths
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task, Verdict


class Conv6(nn.Module):
    """The paper's discriminator: six convolutions of stride 2 and one linear layer.

    Its sigmoid is folded into the adversarial term, which takes logits.

    `width`: channels of the first level, twice as many at each level up to `max_channels`.

    Takes image [B, 3, H, W] in [-1, 1], H and W a multiple of 64; gives one logit an image.
    """

    def __init__(
        self,
        task: Task,
        *,
        width: Annotated[int, Ge(1)] = 64,
        max_channels: Annotated[int, Ge(1), Was("most")] = 512,
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        require_depth(task.size, 6)
        levels = widths(width, 6, max_channels)
        self.body = halvings(3, levels, norm)
        self.head = nn.Linear(levels[-1] * (task.size // 64) ** 2, 1)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        return Verdict((self.head(self.body(image).flatten(1)),))
