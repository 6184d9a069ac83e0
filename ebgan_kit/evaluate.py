"""Measure a model file on faces that it was not trained on."""

from __future__ import annotations

import typing
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.batches import open_data
from ebgan_kit.chance import Chance
from ebgan_kit.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.faces import Edit, Faces
from ebgan_kit.recipe import Recipe, parse
from ebgan_kit.report import report, sheet

BATCH = 64

MEASURED = ("model", "data", "mask")
"""The kinds of which a measurement needs the tables."""


def evaluate(
    model: Path | str,
    overrides: Sequence[str] = (),
    count: int = 1_000,
    seed: int = 0,
    sheet_path: Path | None = None,
    rows: int = 16,
) -> dict[str, Any]:
    """The report on a model file; see `ebgan_kit.report.report` for what it holds.

    `overrides`: keys of [data] and [mask], like `data.seed=987`. Without `data.partitions` among
    them, the faces are from the partitions that the model was not trained on.
    `count`: pairs at most. `seed`: who meets whom. `sheet_path`: a contact sheet of `rows` pairs.
    """
    editor = load(model)
    recipe = measured(editor.header.recipe, overrides)
    data, mask = open_data(recipe), recipe.tables["mask"].build()
    regions = getattr(recipe.tables["mask"].keys, "regions", ())
    return report(
        editor.complete,
        pairs(data, mask, count, seed),
        data,
        regions,
        seed,
        _drawing(sheet_path, rows) if sheet_path else None,
    )


def measured(document: Mapping[str, Any], overrides: Sequence[str]) -> Recipe:
    """The recipe that says what is measured: held-out faces, and what the overrides say."""
    recipe = parse(document, only=MEASURED)
    for text in overrides:
        if not text.startswith(("data.", "mask.")):
            raise UsageError(f"{text}: only keys of [data] and [mask] can be set for a measurement")
    held_out = parse(recipe.dump() | {"data": _held_out(recipe)}, overrides, only=MEASURED)
    if held_out.size != recipe.size:
        raise UsageError(f"the model edits faces of {recipe.size} pixels: leave data.size as it is")
    return held_out


def _held_out(recipe: Recipe) -> dict[str, Any]:
    """The table [data] with the partitions that the recipe does not train on, else test."""
    table = recipe.tables["data"]
    field = type(table.keys).model_fields.get("partitions")
    if field is None:
        return table.dump()
    known = typing.get_args(typing.get_args(field.annotation)[0])
    trained = table.keys.partitions  # type: ignore[attr-defined]
    rest = [p for p in known if p not in trained]
    if not rest:
        warnings.warn("the model was trained on every partition, test among them", stacklevel=2)
    return table.dump() | {"partitions": rest or ["test"]}


def pairs(
    data: Any, mask: Callable[[Faces, Chance], Tensor], count: int, seed: int
) -> Iterator[tuple[Faces, Faces, Faces]]:
    """Sources with exemplars and strangers: the faces in a random order, each by the next two."""
    if len(data) < 3:
        raise UsageError(
            f"there are {len(data)} faces to measure on: an edit and its control take 3"
        )
    random = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(data), generator=random)
    count = min(count, len(rows))
    for start in range(0, count, BATCH):
        places = torch.arange(start, min(start + BATCH, count))
        chosen = [rows[(places + k) % len(rows)] for k in range(3)]
        source, exemplar, stranger = (_read(data, mask, row, seed) for row in chosen)
        yield source, exemplar, stranger


def _read(data: Any, mask: Callable[[Faces, Chance], Tensor], rows: Tensor, seed: int) -> Faces:
    faces = data.__getitems__(rows.tolist())
    return replace(faces, region=mask(faces, Chance(seed, rows)))


def _drawing(path: Path, rows: int) -> Callable[[Faces, Faces, Edit, Tensor | None], None]:
    def draw(source: Faces, exemplar: Faces, edit: Edit, truth: Tensor | None) -> None:
        columns = [("source", source.image), ("exemplar", exemplar.image), ("edit", edit.image)]
        sheet(columns if truth is None else [*columns, ("truth", truth)], path, rows)

    return draw
