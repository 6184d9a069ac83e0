"""Commands that train a recipe, and that look at one before."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ebgan_kit.cli.arguments import (
    Overrides,
    RecipeFile,
    SkipBroken,
    with_skip,
)
from ebgan_kit.cli.console import err, go_on, hand_over, out, tell, under_way
from ebgan_kit.errors import Lost, Stopped
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.files.writing import write_json
from ebgan_kit.modelfile.folders import read_by
from ebgan_kit.training.launch import first, launch, launched, leave, let_the_launcher_speak

if TYPE_CHECKING:
    from ebgan_kit.recipe.recipe import Recipe

Baseline = Literal["plain"]


def run(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run.")] = False,
    processes: Annotated[
        int, typer.Option(min=1, help="Share each batch among so many, a device each.")
    ] = 1,
    skip_broken: SkipBroken = False,
) -> None:
    """Train a recipe into runs/NAME."""
    from ebgan_kit.recipe.recipe import read

    given = with_skip(overrides, skip_broken)
    checked = read(recipe, given)  # before training and the launcher, which take seconds to import
    several = ["--processes", str(processes)] if processes > 1 else []
    again = ["run", str(recipe), *given, *several, "--resume"]
    try:
        if processes > 1 and not launched(processes):
            launch(again if resume else again[:-1], processes)
        else:
            leave(_train(checked, resume, again))
    except Lost as lost:
        go_on(f"{lost}; what was saved last stands, go on with", again)
        leave(1)


def _train(recipe: Recipe, resume: bool, again: list[str]) -> int:
    """Train in this process and return its exit status; the first of several says how it ended."""
    from ebgan_kit.recipe.device import device_of
    from ebgan_kit.training.distributed import shut_down
    from ebgan_kit.training.memory import keep_freed_memory
    from ebgan_kit.training.trainer import train

    if device_of(recipe.train).type == "cpu":
        keep_freed_memory()  # this process is the kit's alone
    try:
        model = train(recipe, resume=resume)
        shut_down()
    except Stopped as stop:
        shut_down()
        if first():
            go_on(str(stop), again)
        return 130
    except Lost:
        let_the_launcher_speak()
        raise
    if first():
        tell(f"wrote {model}")
    return 0


def check(recipe: RecipeFile, overrides: Overrides = None, skip_broken: SkipBroken = False) -> None:
    """Build all that a recipe names and train nothing: parts, shapes, parameters, operations.

    Photographs are all read once.
    """
    from ebgan_kit.recipe.recipe import read

    checked = read(recipe, with_skip(overrides, skip_broken))
    from ebgan_kit.terminal.progress import bar
    from ebgan_kit.training.dry_run import check as examine

    if err.is_terminal:
        with bar("reading") as move:
            found = examine(checked, move)
    else:
        found = examine(checked)
    out.print(found)


def pack(
    recipe: RecipeFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file; it must not exist.")],
    overrides: Overrides = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Write a recipe's faces, read and resized, into one file for data.use=packed."""
    from ebgan_kit.recipe.recipe import read

    given = with_skip(overrides, skip_broken)
    checked = read(recipe, given)
    from ebgan_kit.parts.data.cache.pack import overrides_to_use
    from ebgan_kit.parts.data.cache.pack import pack as write
    from ebgan_kit.terminal.progress import bar

    try:
        with bar("packing") as move:
            write(recipe, output, given, move)
    except Stopped as stop:
        go_on(str(stop), ["pack", str(recipe), *given, "-o", str(output)])
        raise typer.Exit(130) from None
    tell(f"wrote {output}; train on it with")
    tell(f"  {shlex.join(overrides_to_use(output, checked))}")


def bench(
    recipe: RecipeFile,
    overrides: Overrides = None,
    against: Annotated[
        Baseline | None, typer.Option(help="plain: the paper's algorithm as one would type it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
) -> None:
    """Measure how fast a recipe trains, beside its bare step and the machine's own limits."""
    from ebgan_kit.recipe.recipe import read

    checked = read(recipe, overrides or [])
    require_writable([json_file], [recipe, *read_by(checked)])
    from ebgan_kit.evaluation.speed.bench import bench as measure

    with under_way("reading the recipe") as now:
        found = measure(recipe, overrides or [], [against] if against else [], now)
    from ebgan_kit.evaluation.tables.speed import speed

    hand_over(speed(found), ("figures", json_file, lambda path: write_json(path, found)))
