"""Measure a model file on faces that it was not trained on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.editing.classifier import Judge, load_judge
from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.eyes import OWN, Named, eyes_for
from ebgan_kit.evaluation.metrics.attributes import Attributes
from ebgan_kit.evaluation.metrics.report import Show, report
from ebgan_kit.images.contact_sheet import sheet
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.header import Header, recipe_in
from ebgan_kit.parts.data.loading import only, open_data
from ebgan_kit.recipe.recipe import Recipe, parse
from ebgan_kit.regions import hidden_attributes
from ebgan_kit.rng import Chance
from ebgan_kit.types import Edit, Faces

BATCH = 64

Columns = list[tuple[str, Tensor]]
"""A contact sheet's: captions, and images [B, 3, H, W] in [-1, 1]."""

MEASURED = ("model", "data", "mask")
"""The kinds of which a measurement needs the tables."""


def evaluate(
    model: ModelFile | Path | str,
    overrides: Sequence[str] = (),
    count: int = 1_000,
    seed: int = 0,
    sheet_path: Path | None = None,
    rows: int = 16,
    judge_path: ModelFile | Path | None = None,
    recogniser_name: str | None = None,
    inception_path: Path | None = None,
) -> dict[str, Any]:
    """The report on a model file; see `ebgan_kit.evaluation.metrics.report` for what it holds.

    Beside that, "model" is its file's fingerprint, and "whole_image" says whether the model edits
    all of a face and only a part of it is shown. "not_measured", where it is there, maps "identity"
    and "realism" to a sentence that says why they are missing, and the way to them.

    `overrides`: keys of [data] and [mask], like `data.seed=987`. Without `data.partitions` among
    them, the faces are from the partitions that the model was not trained on.
    `count`: pairs at most. `seed`: who meets whom. `sheet_path`: a contact sheet of `rows` pairs.
    `judge_path`: the model file of a judge, which says what edits show. `recogniser_name`: of a
    network that tells people apart, in place of dlib's; see
    `ebgan_kit.evaluation.metrics.timm_recogniser.recogniser`. `inception_path`: the file of
    Inception-v3's weights, see `ebgan_kit.evaluation.metrics.inception.inception`.
    """
    named = Named(recogniser_name, inception_path)
    found, columns = evaluated(model, overrides, count, seed, judge_path, named)
    if sheet_path is not None:
        sheet(columns, sheet_path, rows)
    return found


def evaluated(
    model: ModelFile | Path | str,
    overrides: Sequence[str] = (),
    count: int = 1_000,
    seed: int = 0,
    judge_path: ModelFile | Path | None = None,
    named: Named = OWN,
) -> tuple[dict[str, Any], Columns]:
    """The report of `evaluate`, and the columns of its contact sheet, which is not written."""
    file = ModelFile.open(model)
    editor = load(file)
    about = {"model": file.sha256, "whole_image": editor.header.whole_image}
    recipe = measured(editor.header, overrides)
    data, mask = open_data(recipe), recipe.tables["mask"].build()
    judge = None if judge_path is None else load_judge(judge_path, editor.device)
    check_judge(judge, editor.header.size)
    asked = asked_of(editor.header.attributes, judge, data, recipe.regions)
    eyes = eyes_for(data, named, judge, editor.device)
    columns: Columns = []
    found = report(
        editor.complete,
        pairs(data, mask, count, seed, asked.names),
        data,
        recipe.regions,
        seed,
        _keeping(columns),
        asked,
        eyes.features,
        eyes.recogniser,
    )
    return about | found | eyes.told, columns


def check_judge(judge: Judge | None, size: int) -> None:
    """UsageError where the judge sees larger faces than a model edits."""
    if judge is not None and judge.size > size:
        raise UsageError(
            f"the judge sees faces of {judge.size} pixels and the model edits faces of "
            f"{size}: train a judge of that size, or of a smaller one"
        )


def asked_of(
    attributes: Sequence[str], judge: Judge | None, data: Any, regions: Sequence[str]
) -> Attributes:
    """What is looked at: what a model switches, and what else judge and region know of."""
    switches = tuple(attributes)
    known = () if judge is None else judge.attributes
    others = [n for n in known if n in data.attributes and n not in switches]
    if regions:
        others = [n for n in others if not hidden_attributes([n], regions)]
    unjudged = [n for n in switches if judge is not None and n not in known]
    if unjudged:
        warnings.warn(f"the judge does not know {', '.join(unjudged)}", stacklevel=2)
    return Attributes((*switches, *others), switches, judge)


def measured(header: Header, overrides: Sequence[str]) -> Recipe:
    """The recipe that says what is measured: held-out faces, and what the overrides say."""
    recipe = recipe_in(header.recipe["name"], header, only=MEASURED)
    for text in overrides:
        if not text.startswith(("data.", "mask.")):
            raise UsageError(f"{text}: only keys of [data] and [mask] can be set for a measurement")
    tables = {"data": _held_out(recipe), "mask": dict(header.masks[0])}
    tables["mask"].pop("weight", None)  # beside other masks of an `any-of`
    held_out = parse(recipe.dump() | tables, overrides, only=MEASURED)
    if held_out.size != recipe.size:
        raise UsageError(f"the model edits faces of {recipe.size} pixels: leave data.size as it is")
    return held_out


def _held_out(recipe: Recipe) -> dict[str, Any]:
    """The table [data] with the partitions that the recipe does not train on, else test."""
    table = recipe.tables["data"]
    trained = getattr(table.keys, "partitions", None)
    if trained is None:
        return table.dump()
    rest = [p for p in table.choices("partitions") if p not in trained]
    if not rest:
        warnings.warn("the model was trained on every partition, test among them", stacklevel=2)
    return table.dump() | {"partitions": rest or ["test"]}


def pairs(
    data: Any,
    mask: Callable[[Faces, Chance], Tensor],
    count: int,
    seed: int,
    attributes: Sequence[str] = (),
) -> Iterator[tuple[Faces, Faces, Faces]]:
    """Sources with exemplars and strangers: the faces in a random order, each by the next two.

    Of their attributes, those named come along, in that order.
    """
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
        source, exemplar, stranger = (_read(data, mask, row, seed, attributes) for row in chosen)
        yield source, exemplar, stranger


def _read(
    data: Any,
    mask: Callable[[Faces, Chance], Tensor],
    rows: Tensor,
    seed: int,
    attributes: Sequence[str],
) -> Faces:
    faces = only(data.__getitems__(rows.tolist()), data.attributes, attributes)
    return replace(faces, region=mask(faces, Chance(seed, rows)))


def _keeping(columns: Columns) -> Show:
    """What keeps the columns of a contact sheet: it is written when the figures are there."""

    def keep(source: Faces, exemplar: Faces, edit: Edit, truth: Tensor | None) -> None:
        columns.extend(
            [("source", source.image), ("exemplar", exemplar.image), ("edit", edit.image)]
        )
        if truth is not None:
            columns.append(("truth", truth))

    return keep
