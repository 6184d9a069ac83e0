"""Commands that measure models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ebgan_kit.cli.arguments import (
    JudgeFile,
    ModelName,
    Overrides,
    Seed,
    SkipBroken,
    check_folder_of,
    opened,
    with_skip,
)
from ebgan_kit.cli.console import err, out
from ebgan_kit.files import write_json


def evaluate(
    model: ModelName,
    overrides: Overrides = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Where the figures go; beside the model if not given."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Pairs of faces at most.")] = 1_000,
    seed: Seed = 0,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Where the contact sheet goes; beside the model if not given."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=64, help="Pairs on the contact sheet.")] = 16,
    judge: JudgeFile = None,
    recogniser: Annotated[
        str | None, typer.Option(help="hf_hub:OWNER/NAME or local-dir:FOLDER: is it one person?")
    ] = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Measure a model on faces that it was not trained on; data.* and mask.* may be set."""
    from ebgan_kit.evaluation import store

    check_folder_of(sheet, json_file)
    file, judge_file = opened(model), None if judge is None else opened(judge)
    sheet = sheet or store.beside(file, store.SHEET)
    json_file = json_file or store.beside(file, store.NAME)
    from ebgan_kit.evaluation.evaluate import evaluate as measure
    from ebgan_kit.evaluation.tables.report import table

    given = with_skip(overrides, skip_broken)
    found = measure(file, given, count, seed, sheet, rows, judge_file, recogniser)
    write_json(json_file, found)
    out.print(table(found))
    out.print(f"figures: {json_file}\ncontact sheet: {sheet}", soft_wrap=True)


def compare(
    models: Annotated[
        list[Path],
        typer.Argument(help="Model files; seeds of a recipe: one row."),
    ],
    judge: JudgeFile = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.KEY=VALUE", help="A key of data or mask to set otherwise."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Pairs of faces at most.")] = 1_000,
    seed: Seed = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Draw a contact sheet there, a column a row.")
    ] = None,
) -> None:
    """Measure models side by side: the same faces, pairs, masks and judge for all."""
    check_folder_of(sheet, json_file)
    files = [opened(model) for model in models]
    judge_file = None if judge is None else opened(judge)
    from ebgan_kit.evaluation.compare import compare as measure
    from ebgan_kit.evaluation.tables.comparison import comparison

    with err.status("reading the models") as status:
        found = measure(
            files,
            data or [],
            count,
            seed,
            judge_file,
            sheet,
            lambda text: status.update(escape(text)),
        )
    out.print(comparison(found))
    if sheet is not None:
        out.print(f"contact sheet: {sheet}", soft_wrap=True)
    if json_file is not None:
        write_json(json_file, found)


def figures(
    models: Annotated[list[Path], typer.Argument(help="Model files, a figure each.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.KEY=VALUE", help="A key of data or mask to set otherwise."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder.")] = Path("figures"),
    rows: Annotated[int, typer.Option(min=1, max=64, help="Pairs on each figure.")] = 8,
    seed: Seed = 0,
) -> None:
    """Draw the paper's figures 5 to 8 from models: mouth, components, face, one thing left out."""
    files = [opened(model) for model in models]
    from ebgan_kit.evaluation.paper_figures import figures as draw

    for written in draw(files, data or [], output, rows, seed):
        out.print(f"wrote {written}", soft_wrap=True)
