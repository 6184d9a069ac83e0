"""A case: one command with hostile inputs, the same each time for its seed and number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ebgan_kit.testing.hostile.checkpoints import checkpoints
from ebgan_kit.testing.hostile.command import Command
from ebgan_kit.testing.hostile.documents import documents
from ebgan_kit.testing.hostile.models import models, packed
from ebgan_kit.testing.hostile.photographs import masks, photographs
from ebgan_kit.testing.hostile.recipes import recipes
from ebgan_kit.testing.hostile.tables import tables
from ebgan_kit.testing.hostile.uploads import uploads

Kind = Callable[[Random, Path], Command]
"""Given chance and the folder of sound inputs: writes hostile inputs to the working folder, and
returns the command that takes them."""

KINDS: Mapping[str, Kind] = {
    kind.__name__: kind
    for kind in (
        recipes, models, packed, documents, photographs, masks, tables, checkpoints, uploads,
    )
}  # fmt: skip

_TURN = (
    "recipes", "models", "photographs", "tables", "documents", "masks", "uploads", "packed",
    "recipes", "models", "photographs", "tables", "documents", "masks", "uploads", "checkpoints",
    "recipes", "models", "photographs", "masks",
)  # fmt: skip
"""Kinds in the order in which cases have them, again and again."""


@dataclass(frozen=True)
class Case:
    """A case of a seed, by its number."""

    seed: int
    number: int

    @property
    def kind(self) -> str:
        return _TURN[self.number % len(_TURN)]

    def prepare(self, sound: Path) -> Command:
        """Write the case's inputs to the working folder, and return its command."""
        return KINDS[self.kind](Random(f"{self.seed} {self.number}"), sound)
