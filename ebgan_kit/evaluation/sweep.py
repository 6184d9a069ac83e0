"""Variants of a recipe: trained in turn on equal images, measured on the same pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.estimate import text_of
from ebgan_kit.modelfile.here import RUNS
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.trainer import train

_BARE = re.compile(r"\[([A-Za-z][\w-]*(?:, *[A-Za-z][\w-]*)*)\]")
"""A list of words without quotation marks, which a shell would take away."""

_UNFIT = re.compile(r"[^A-Za-z0-9._]+")
"""Runs of characters that a name has not got."""

JUDGED_BY = ("truth_psnr", "nearer_than_stranger", "reconstruction_psnr")
"""Figures by which a variant wins, the first that was measured."""


@dataclass(frozen=True)
class Variant:
    """A recipe with one value of each key that is swept."""

    recipe: Recipe

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return RUNS / self.recipe.name

    def train(self) -> Path:
        """Train the recipe, or go on with its run, and return the path of its model file."""
        return train(self.recipe, self.folder, resume=self.folder.exists())


def variants(recipe: Path | str, overrides: Sequence[str]) -> Iterator[Variant]:
    """Read the recipe once per combination of values, such as of `model.code=8,16`.

    Commas part values, but inside a list, such as `mask.regions=[mouth],[eyes,brows]`. A variant is
    named by its values, the seed last. UsageError where nothing has two values, and for what a
    recipe refuses.
    """
    swept = dict(map(_swept, overrides))
    if all(len(values) == 1 for values in swept.values()):
        raise UsageError("nothing is swept: give a key several values, such as model.code=8,16")
    seeds_last = sorted(swept, key=lambda key: key == "seed")
    name = read(recipe, [f"{key}={swept[key][0]}" for key in seeds_last]).name
    for values in product(*(swept[key] for key in seeds_last)):
        pairs = list(zip(seeds_last, values, strict=True))
        told = [_told(key, value) for key, value in pairs if len(swept[key]) > 1]
        given = [f"{key}={value}" for key, value in pairs if key != "name"]
        yield Variant(read(recipe, [*given, f"name={'-'.join([name, *told])}"]))


def winner(found: Mapping[str, Any]) -> str | None:
    """A sentence on the row of a comparison that is best, with its interval; None without one."""
    rows = [row for row in found["rows"] if row["models"]]
    for key in JUDGED_BY:
        measured = [row for row in rows if key in row and row[key]["value"] is not None]
        if measured:
            best = max(measured, key=lambda row: row[key]["value"])
            return f"best by {key}: {best['name']}, {text_of(best[key], '.3f')}"
    return None


def sweep(every: Sequence[Variant], say: Callable[[str], None] = lambda text: None) -> list[Path]:
    """Train all variants in turn and return their model files; those that are done stay."""
    models = []
    for number, variant in enumerate(every, 1):
        say(f"{number} of {len(every)}: {variant.recipe.name}")
        models.append(variant.train())
    return models


def _swept(text: str) -> tuple[str, list[str]]:
    """A key and its values; UsageError for a text without any."""
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' is not an override: write table.key=A,B")
    return key, [_BARE.sub(r"\1", one) if _BARE.fullmatch(one) else one for one in _values(value)]


def _values(text: str) -> Iterator[str]:
    """What stands between commas, those inside of lists and tables aside."""
    begin = depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]


def _told(key: str, value: str) -> str:
    """A value as a part of a name; that of the seed is a number alone, as in names of seeds."""
    word = value if key == "seed" else f"{key.rpartition('.')[2]}_{value}"
    return _UNFIT.sub("_", word).strip("_")
