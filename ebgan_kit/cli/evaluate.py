"""Commands that measure models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebgan_kit.cli.arguments import (
    InceptionFile,
    JudgeFile,
    ModelName,
    Overrides,
    RecipeFile,
    RecogniserName,
    Seed,
    SkipBroken,
    opened,
    with_skip,
)
from ebgan_kit.cli.console import go_on, hand_over, tell, under_way
from ebgan_kit.errors import Stopped
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.files.writing import write_json
from ebgan_kit.modelfile.folders import inputs_of, paths_in, read_by, said_in

if TYPE_CHECKING:
    from ebgan_kit.evaluation.evaluate import Columns
    from ebgan_kit.modelfile.file import ModelFile


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
    recogniser: RecogniserName = None,
    inception: InceptionFile = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Measure a model on faces that it was not trained on; data.* and mask.* may be set."""
    from ebgan_kit.evaluation import store

    file, judge_file = opened(model), None if judge is None else opened(judge)
    given, files = with_skip(overrides, skip_broken), _paths(file, judge_file)
    others = _looking(recogniser, inception)
    require_writable([json_file, sheet], [*files, *inputs_of(file, given), *others])
    sheet = sheet or store.beside(file, store.SHEET)
    json_file = json_file or store.beside(file, store.NAME)
    require_writable([json_file, sheet], files)  # beside the model may be among faces
    from ebgan_kit.evaluation.evaluate import evaluated
    from ebgan_kit.evaluation.eyes import Named
    from ebgan_kit.evaluation.tables.report import table
    from ebgan_kit.images.contact_sheet import sheet as draw

    with under_way("measuring"):
        named = Named(recogniser, inception)
        found, columns = evaluated(file, given, count, seed, judge_file, named)
    hand_over(
        table(found),
        ("contact sheet", sheet, lambda path: draw(columns, path, rows)),
        ("figures", json_file, lambda path: write_json(path, found)),
    )


def compare(
    models: Annotated[
        list[Path],
        typer.Argument(help="Model files; seeds of a recipe: one row."),
    ],
    judge: JudgeFile = None,
    recogniser: RecogniserName = None,
    inception: InceptionFile = None,
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
        Path | None, typer.Option(help="Draw a contact sheet there, one column per row.")
    ] = None,
) -> None:
    """Measure models side by side: the same faces, pairs, masks and judge for all."""
    files = [opened(model) for model in models]
    judge_file = None if judge is None else opened(judge)
    inputs = [path for file in files for path in inputs_of(file, data or [])]
    others = _looking(recogniser, inception)
    require_writable([json_file, sheet], [*inputs, *_paths(judge_file), *others])
    from ebgan_kit.evaluation.compare import compared
    from ebgan_kit.evaluation.eyes import Named

    named = Named(recogniser, inception)
    _show_comparison(
        lambda now: compared(files, data or [], count, seed, judge_file, now, named),
        json_file,
        sheet,
    )


def _show_comparison(
    measure: Callable[[Callable[[str], None]], tuple[dict[str, Any], Columns]],
    json_file: Path | None,
    sheet: Path | None,
) -> dict[str, Any]:
    """Print the tables of a comparison, hand over what is asked for, and return it.

    `measure` is told how to say what is being measured.
    """
    from ebgan_kit.evaluation.tables.comparison import comparison
    from ebgan_kit.images.contact_sheet import sheet as draw

    with under_way("reading the models") as now:
        found, columns = measure(now)
    hand_over(
        comparison(found),
        ("contact sheet", sheet, lambda path: draw(columns, path)),
        ("figures", json_file, lambda path: write_json(path, found)),
    )
    return found


def sweep(
    recipe: RecipeFile,
    overrides: Annotated[
        list[str], typer.Argument(metavar="TABLE.KEY=A,B,C...", help="Keys and their values.")
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.KEY=VALUE", help="A key of data or mask to measure on."),
    ] = None,
    judge: JudgeFile = None,
    count: Annotated[int, typer.Option(min=1, help="Pairs of faces at most.")] = 1_000,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Draw a contact sheet there, one column per variant.")
    ] = None,
) -> None:
    """Train variants of a recipe in turn, measure them side by side, and name the best.

    Called again, it goes on where it was.
    """
    from ebgan_kit.evaluation.sweep import sweep as train_all
    from ebgan_kit.evaluation.sweep import variants, winner

    every = list(variants(recipe, overrides))
    judge_file = None if judge is None else opened(judge)  # not after hours of training
    inputs = [path for variant in every for path in read_by(variant.recipe)]
    inputs += [recipe, *_paths(judge_file), *said_in(data or [])]
    require_writable([json_file, sheet], inputs)
    try:
        files = [opened(model) for model in train_all(every, tell)]
    except Stopped as stop:
        go_on(str(stop), sys.argv[1:])
        raise typer.Exit(130) from None
    from ebgan_kit.evaluation.compare import compared

    found = _show_comparison(
        lambda now: compared(files, data or [], count, 0, judge_file, now), json_file, sheet
    )
    best = winner(found)
    if best is not None:
        tell(best)


def _paths(*opened: ModelFile | None) -> list[Path]:
    return [file.path for file in opened if file is not None]


def _looking(recogniser: str | None, inception: Path | None) -> list[Path]:
    """The files of networks that look at edits."""
    found = [path for folder in paths_in(recogniser) for path in folder.glob("*")]
    return found if inception is None else [*found, inception]


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
        tell(f"wrote {written}")
