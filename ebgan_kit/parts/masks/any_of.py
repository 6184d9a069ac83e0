"""A mixture of masks."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from annotated_types import Ge, MinLen
from torch import Tensor

from ebgan_kit.errors import shown
from ebgan_kit.recipe.tables import table
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class AnyOf:
    """One of several masks for each face, drawn by weight.

    `of`: tables like [mask], each with its `use`, its keys and a `weight` (1 if it has none):

        [[mask.of]]
        use = "region"
        weight = 3

        [[mask.of]]
        use = "freeform"

    `group`: how many consecutive faces of a batch have the same one. With the pairing's `group`,
    or a multiple of it, an exemplar shows the region that its source is to be filled in.
    """

    def __init__(
        self,
        *,
        of: Annotated[list[dict[str, Any]], MinLen(1)],
        group: Annotated[int, Ge(1)] = 1,
    ) -> None:
        self.group = group
        weights = torch.tensor([_weight(values.get("weight", 1)) for values in of])
        if weights.min() < 0 or weights.sum() == 0:
            raise ValueError("a weight in mask.of is negative, or all are 0")
        self.limits = torch.cumsum(weights / weights.sum(), 0)
        keys = [{k: v for k, v in values.items() if k != "weight"} for values in of]
        self.masks = [table("mask", values, "mask.of").build() for values in keys]

    def __call__(self, faces: Faces, chance: Chance) -> Tensor:
        drawn = chance.uniform("any-of", 1)
        first = torch.arange(len(faces), device=drawn.device) // self.group * self.group
        drawn = drawn[first]
        choice = (drawn >= self.limits.to(drawn.device)[:-1]).sum(1)
        regions = torch.stack([mask(faces, chance) for mask in self.masks])
        return regions[choice, torch.arange(len(faces), device=choice.device)]


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a weight in mask.of is a number, and not {shown(value)}")
    return float(value)
