"""A pairing in which a face is also rebuilt from another picture of its person."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import torch
from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.parts.pairings.shuffle import shuffle
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class Person:
    """`shuffle`, and two pictures of one person: a face is rebuilt from the code of its mate.

    A code of another picture cannot carry pose, place and light along, and training sees a truth
    that no jittered copy shows. The exemplars of others are mates, too.

    `share`: how many of the faces give way to their mates. `group`: as for `shuffle`.
    """

    mates = True
    """The faces are to come with other pictures of their people."""

    differ = False
    """A face and its mate are to differ in one of the model's attributes."""

    def __init__(
        self,
        *,
        share: Annotated[float, Ge(0), Le(1)] = 0.5,
        group: Annotated[int, Ge(2)] = 4,
    ) -> None:
        self.share, self.group = share, group

    def __call__(self, faces: Faces, chance: Chance) -> Tensor:
        return shuffle(faces, chance, group=self.group)

    def view(self, faces: Faces, mates: Faces, chance: Chance) -> Faces:
        """The faces as the encoder is to see them: some are their mates."""
        given_way = chance.uniform("mate", 1)[:, 0] < self.share

        def chosen(mate: Tensor, own: Tensor) -> Tensor:
            return torch.where(given_way.view(-1, *[1] * (own.dim() - 1)), mate, own)

        shown: dict[str, Any] = {
            name: chosen(getattr(mates, name), getattr(faces, name))
            for name in ("image", "region", "attributes", "landmarks", "parts")
            if getattr(faces, name) is not None
        }
        return replace(faces, **shown)
