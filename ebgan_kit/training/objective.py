"""The objective: a weighted sum of terms, for the model's side or the critic's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ebgan_kit.recipe.ramp import Ramp, at
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Edit, Networks

Side = Literal["model", "critic"]


@dataclass(frozen=True)
class Term:
    """A part that turns an edit into a number, and how much it counts for either side."""

    name: str
    part: Callable[[Edit, Networks], Tensor]
    weight: float | Ramp
    critic_weight: float | Ramp

    def on(self, side: Side) -> tuple[Callable[[Edit, Networks], Tensor] | None, float | Ramp]:
        """The function of a side and its weight; None where the term has no such side."""
        if side == "model":
            return self.part, self.weight
        return getattr(self.part, "critic", None), self.critic_weight


def terms_of(recipe: Recipe) -> list[Term]:
    """The recipe's terms: its losses, then the adversarial one."""
    tables = recipe.of("loss")
    if "adversarial" in recipe.tables:
        tables["adversarial"] = recipe.tables["adversarial"]
    return [
        Term(name, table.build(), table.words.weight, table.words.critic_weight)
        for name, table in tables.items()
    ]


def objective(
    terms: Sequence[Term], side: Side, edit: Edit, networks: Networks, clock: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """The side's weighted sum after `clock` images, and each term's own value, unweighted.

    A term of weight 0 is not computed.
    """
    total = torch.zeros((), device=edit.completed.device)
    values: dict[str, Tensor] = {}
    for term in terms:
        function, weight = term.on(side)
        weight = at(weight, clock)
        if function is not None and weight:
            value = function(edit, networks)
            total = total + weight * value
            name = term.name if side == "model" else f"{term.name}.critic"
            values[name] = value.detach()
    return total, values
