"""From faces to pairs: a region for each face, then an exemplar for each source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces

Change = Callable[[Faces, Chance], Faces]


@dataclass(frozen=True)
class Batch:
    """B sources with their exemplars and the attributes that the edits should show."""

    source: Faces
    exemplar: Faces
    wanted: Tensor | None

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class Pairs:
    """Mask, augmentation and pairing of a recipe: faces and their numbers in, a batch out."""

    seed: int
    mask: Callable[[Faces, Chance], Tensor]
    pairing: Any
    """Faces and their chance to the order of their exemplars, [B]."""
    augment: Change | None = None
    augment_exemplar: Change | None = None
    """A second view of each face for the encoder alone. The source is then rebuilt from the code of
    another view of itself, so the code cannot carry what that augmentation changes."""
    switch_off: float = 0.0
    """Share in which an attribute that the exemplar has is not wanted."""
    switch_on: float = 0.0
    """Share in which an attribute that the exemplar lacks is wanted."""

    def __call__(self, faces: Faces, numbers: Tensor) -> Batch:
        """`numbers` [B] are the faces' places in the run; all that is random depends on them."""
        chance = Chance(self.seed, numbers)
        mates = faces.mate
        view = faces = self._masked(replace(faces, mate=None), chance)
        if mates is not None:
            view = self.pairing.view(faces, self._masked(mates, chance), chance)
        order = self.pairing(faces, chance)
        if self.augment_exemplar is not None:
            view = self.augment_exemplar(view, chance.stream("exemplar"))
        exemplar = replace(view[order], order=order)
        return Batch(faces, exemplar, self._wanted(faces, exemplar, chance))

    def _masked(self, faces: Faces, chance: Chance) -> Faces:
        """The faces with their regions, augmented."""
        faces = replace(faces, region=self.mask(faces, chance))
        return faces if self.augment is None else self.augment(faces, chance)

    def _wanted(self, source: Faces, exemplar: Faces, chance: Chance) -> Tensor | None:
        """[B, n]: what the exemplars have, or what the pairing wants; some switched by chance."""
        wants = getattr(self.pairing, "wanted", None)
        attributes = wants(source, exemplar, chance) if wants else exemplar.attributes
        if attributes is None or not (self.switch_off or self.switch_on):
            return attributes
        draw = chance.uniform("switch", attributes.shape[1])
        return torch.where(attributes > 0.5, draw >= self.switch_off, draw < self.switch_on).float()


def pairs_of(recipe: Recipe) -> Pairs:
    """The recipe's own way from faces to pairs."""
    augments = recipe.of("augment")
    return Pairs(
        recipe.seed,
        recipe.tables["mask"].build(),
        recipe.tables["pairing"].build(),
        augments["faces"].build() if "faces" in augments else None,
        augments["exemplar"].build() if "exemplar" in augments else None,
        recipe.train.switch_off,
        recipe.train.switch_on,
    )


def piece_size(recipe: Recipe, processes: int = 1) -> int:
    """Return the number of faces that each process puts through a step at once.

    UsageError if the batch cannot be shared out evenly, or if a share would cut a group of faces
    that are each other's exemplars.
    """
    settings, group = recipe.train, group_size(recipe)
    pieces = processes * settings.accumulate
    if settings.batch % (pieces * group):
        among = f", shared out among {processes} processes," if processes > 1 else ""
        cut = f" in {settings.accumulate} pieces" if settings.accumulate > 1 else ""
        what = f"be cut into groups of {group} (pairing.group)" if group > 1 else "be cut evenly"
        raise UsageError(
            f"[train] a batch of {settings.batch}{among}{cut} cannot {what}: set train.batch to a "
            f"multiple of {pieces * group}"
        )
    return settings.batch // pieces


def group_size(recipe: Recipe) -> int:
    """Return the number of consecutive faces that must stay together: `pairing.group`, or 1."""
    return getattr(recipe.tables["pairing"].keys, "group", 1)
