"""The paper's figures 5 to 8, drawn by models of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.switches import switched
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.evaluate import measured, pairs
from ebgan_kit.evaluation.metrics.attributes import Truth
from ebgan_kit.evaluation.metrics.report import truth_of
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.images.contact_sheet import sheet
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import inputs_of
from ebgan_kit.parts.data.loading import open_data
from ebgan_kit.types import Faces, joined

NUMBERS = {("mouth",): 5, ("components",): 6, ("face",): 7}
"""Regions → the figure of the paper that shows them edited."""

LEFT_OUT = "Mustache"
"""What the paper's figure 8 filters out; a model that cannot switch it shows its first one."""


def figures(
    models: Sequence[ModelFile | Path],
    overrides: Sequence[str],
    folder: Path,
    rows: int = 8,
    seed: int = 0,
) -> Iterator[Path]:
    """Draw a figure for each model into the folder, and yield its path.

    A model that switches attributes gives figure 8, another the figure of its region: 5 for the
    mouth, 6 for components, 7 for the face. The faces are held out, as for `evaluate`, which also
    says what `overrides` and `seed` are. UsageError where a model's region is in none of them.
    """
    files = [ModelFile.open(model) for model in models]
    editors = [load(file) for file in files]
    numbers = [_number(file, editor) for file, editor in zip(files, editors, strict=True)]
    paths = [
        folder / f"figure-{number}-{editor.header.recipe['name']}.png"
        for number, editor in zip(numbers, editors, strict=True)
    ]
    for file, path in zip(files, paths, strict=True):
        if paths.count(path) > 1:
            raise UsageError(f"{file}: another model has its name and its figure: draw it apart")
    inputs = [path for file in files for path in inputs_of(file, overrides)]
    require_writable(paths, inputs, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, editor, path in zip(numbers, editors, paths, strict=True):
        _draw(number, editor, overrides, path, rows, seed)
        yield path


def _number(model: ModelFile, editor: Editor) -> int:
    if editor.header.attributes:
        return 8
    regions = editor.header.regions
    if regions not in NUMBERS:
        known = ", ".join(" and ".join(names) for names in NUMBERS)
        raise UsageError(
            f"{model}: edits {', '.join(regions) or 'no named region'}, and the paper's figures "
            f"show {known}: train one of these"
        )
    return NUMBERS[regions]


def _draw(
    number: int, editor: Editor, overrides: Sequence[str], path: Path, rows: int, seed: int
) -> None:
    recipe = measured(editor.header, overrides)
    data, mask = open_data(recipe), recipe.tables["mask"].build()
    names = tuple(editor.header.attributes)
    left_out = _left_out(names) if number == 8 else None
    found = pairs(data, mask, len(data), seed, names)
    source, exemplar = _few(found, rows, None if left_out is None else names.index(left_out))
    truth = truth_of(data, recipe.regions)
    columns = [("source", source.image), ("exemplar", exemplar.image)]
    columns += _edits(editor, source, exemplar, truth, left_out)
    sheet(columns, path, rows, _caption(number, editor, recipe.regions, left_out))


def _left_out(names: Sequence[str]) -> str:
    return LEFT_OUT if LEFT_OUT in names else names[0]


def _few(
    found: Iterator[tuple[Faces, Faces, Faces]], rows: int, column: int | None
) -> tuple[Faces, Faces]:
    """The first pairs of two people; where a column is given, of an exemplar that has this
    attribute and a source that has not."""
    sources: list[Faces] = []
    exemplars: list[Faces] = []
    for source, exemplar, _ in found:
        fits = torch.ones(len(source), dtype=torch.bool)
        if source.identity is not None and exemplar.identity is not None:
            fits &= source.identity != exemplar.identity
        if column is not None:
            assert source.attributes is not None
            assert exemplar.attributes is not None
            fits &= (exemplar.attributes[:, column] > 0.5) & (source.attributes[:, column] < 0.5)
        sources.append(source[fits])
        exemplars.append(exemplar[fits])
        if sum(map(len, sources)) >= rows:
            break
    if not any(map(len, sources)):
        raise UsageError("no pair of these faces shows what the figure is for: take other data")
    return joined(sources)[:rows], joined(exemplars)[:rows]


def _edits(
    editor: Editor, source: Faces, exemplar: Faces, truth: Truth | None, left_out: str | None
) -> list[tuple[str, Tensor]]:
    """The edit, and where an attribute is left out the edit without it; each beside its truth."""
    wanted = exemplar.attributes if editor.header.attributes else None
    columns = [("edit", editor.complete(source, exemplar, wanted).image)]
    if truth is not None:
        columns.append(("truth", truth(source, exemplar, ())))
    if left_out is None or wanted is None:
        return columns
    without = switched(wanted, editor.header.attributes, left_out, False)
    columns.append((f"no {left_out}", editor.complete(source, exemplar, without).image))
    if truth is not None:
        columns.append(("its truth", truth(source, exemplar, (left_out,))))
    return columns


def _caption(number: int, editor: Editor, regions: Sequence[str], left_out: str | None) -> str:
    name, images = editor.header.recipe["name"], editor.header.images
    where = {"components": "eyes, brows, nose and mouth", "face": "whole face"}
    what = ", ".join(where.get(region, region) for region in regions) or "region"
    end = f", and the same with {left_out} switched off" if left_out else ""
    return (
        f"As figure {number} of the paper: the {what} of the exemplar on the source{end}. "
        f"By {name}, trained on {images:,} images."
    )
