"""The images that discriminator and classifier are shown in training, and their augmentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.rng import Chance, of_pairs
from ebgan_kit.training.pairs import Change
from ebgan_kit.types import Edit, Faces, Networks


@dataclass(frozen=True)
class Shown:
    """A network that judges images, each changed by chance before it is shown."""

    network: Any
    augment: Change
    chance: Chance

    def __call__(self, image: Tensor, *given: Any) -> Any:
        return self.network(self.augment(Faces(image), self.chance).image, *given)

    def of_every(self, many: int) -> Shown:
        """The network as it is shown one of every so many faces, each changed as among all."""
        return replace(self, chance=Chance(self.chance.seed, self.chance.number[::many]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


def judges_augments(recipe: Recipe) -> dict[str, Change]:
    """Build the augmentation of the images that D and C are shown, by the network's name."""
    tables = recipe.of("augment")
    judges = {n: tables[n] for n in ("discriminator", "classifier") if n in tables}
    for name in judges:
        if name not in recipe.tables:
            raise UsageError(f"[augment.{name}] needs a table [{name}]: add it, or take it out")
    return {name: table.build() for name, table in judges.items()}


def augmented(
    networks: Networks, augments: Mapping[str, Change], edit: Edit, clock: int, seed: int = 0
) -> Networks:
    """D and C as the terms of a step see them; real and drawn faces are changed alike.

    `augments`: by the network's name, its own change. What chance draws is of the recipe's `seed`,
    the pair of faces and the images before it: the same however a batch is shared out.
    """
    judges = {name: getattr(networks, name) for name in augments}
    judges = {name: judge for name, judge in judges.items() if judge is not None}
    if not judges:
        return networks
    pairs = of_pairs(edit.source.index, edit.exemplar.index, seed)
    shown = {
        name: Shown(judge, augments[name], Chance(clock, pairs.number).stream(name))
        for name, judge in judges.items()
    }
    return replace(networks, **shown)
