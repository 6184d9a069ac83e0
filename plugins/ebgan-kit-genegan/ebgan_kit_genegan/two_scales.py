"""ELEGANT's discriminators."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ebgan_kit import Task, Verdict
from ebgan_kit_genegan.elegant_networks import halvings
from ebgan_kit_genegan.labels import claimed, with_maps
from ebgan_kit_genegan.networks import require_halvings


class TwoScales(nn.Module):
    """ELEGANT's two discriminators: one sees the image, the other sees it at half its size.

    Each is shown what the image is said to show, as maps of 0 or 1. Their sigmoid is folded into
    the adversarial term, which takes logits.

    `width`: channels of the first level of each, eight times as many at the last.

    Takes image [B, 3, H, W] in [-1, 1] and attributes [B, n]; gives a logit [B, 1] of the full
    scale and one of the half. ValueError where no attributes are given, and for a size that is no
    multiple of 32.
    """

    def __init__(self, task: Task, *, width: Annotated[int, Ge(1)] = 64) -> None:
        super().__init__()
        require_halvings(task.size, 5)
        inputs = 3 + len(task.attributes)
        self.full = _scale(inputs, task.size, width)
        self.halved = _scale(inputs, task.size // 2, width)

    def forward(self, image: Tensor, attributes: Tensor | None = None) -> Verdict:
        labels = claimed(attributes)
        full = self.full(with_maps(image, labels))
        half = self.halved(with_maps(avg_pool2d(image, 2), labels))
        return Verdict((full, half))


def _scale(inputs: int, size: int, width: int) -> nn.Sequential:
    """Image [B, inputs, size, size] to a logit [B, 1]: four halvings and a linear layer."""
    head = nn.Linear(8 * width * (size // 16) ** 2, 1)
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    widths = (width, 2 * width, 4 * width, 8 * width)
    return nn.Sequential(halvings(inputs, widths), nn.Flatten(), head)
