"""The adversarial term on the hinge loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import relu

from ebgan_kit.parts.adversarial.scores import (
    Sees,
    completed_scores,
    mean_over_scales,
    source_scores,
)
from ebgan_kit.types import Edit, Networks


class Hinge:
    """The hinge loss (Lim and Ye 2017): D is trained only where it is not sure enough.

    `sees`: what D is shown, as for `bce`.
    """

    def __init__(self, *, sees: Sees = "face") -> None:
        self.sees: Sees = sees

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        return mean_over_scales(completed_scores(edit, networks, self.sees), lambda s: -s)

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        real_scores = source_scores(edit, networks, self.sees)
        real = mean_over_scales(real_scores, lambda s: relu(1 - s))
        drawn_scores = completed_scores(edit, networks, self.sees)
        drawn = mean_over_scales(drawn_scores, lambda s: relu(1 + s))
        return real + drawn
