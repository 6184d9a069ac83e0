"""The console command `ebgan-kit`: its groups of commands, and how it ends."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn

import typer

from ebgan_kit.cli.console import complain, print_anything, warn
from ebgan_kit.cli.edit import describe, edit, export, studio
from ebgan_kit.cli.evaluate import compare, evaluate, figures, sweep
from ebgan_kit.cli.extend import new_plugin, parts, plugins, schema
from ebgan_kit.cli.faces import faces, landmarks
from ebgan_kit.cli.plugin_commands import Commands
from ebgan_kit.cli.share import card, inspect, push
from ebgan_kit.cli.threads import share_the_machine
from ebgan_kit.cli.train import bench, check, pack, run
from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import FULL
from ebgan_kit.training.launch import leave, let_the_first_speak

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Train": (run, check, landmarks, pack, bench),
    "Edit": (edit, studio, faces, describe, export),
    "Measure": (evaluate, compare, sweep, figures),
    "Share": (inspect, card, push),
    "Extend": (parts, plugins, new_plugin, schema),
}
"""Heading in the help → its commands."""

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Edit faces by example: train, measure, share and use networks that edit faces.",
)

for heading, commands in GROUPS.items():
    for command in commands:
        app.command(rich_help_panel=heading)(command)


def main() -> None:
    """Run the console command; what a user can mend is one sentence and exit status 2."""
    share_the_machine()
    print_anything()
    warnings.showwarning = warn  # type: ignore[assignment]
    try:
        _require_working_folder()
        sys.argv[1:] = map(_expanded, sys.argv[1:])
        app()
    except UsageError as problem:
        _end(str(problem))
    except OSError as problem:
        if problem.filename is None and problem.errno not in FULL:
            raise
        _end(f"{problem.filename or 'the output'}: {problem.strerror}")
    except (MemoryError, RuntimeError) as problem:
        if not _lacks_memory(problem):
            raise
        _end(
            "this takes more memory than there is: make it smaller, such as pictures, data.size, "
            "data.count, train.batch or networks"
        )


def _expanded(word: str) -> str:
    """Put one's home in the place of `~`, as in `--json=~/figures.json`, where no shell does."""
    found = re.fullmatch("(--[a-z-]+=|-o)?(~.*)", word, re.DOTALL)
    return word if found is None else (found[1] or "") + os.path.expanduser(found[2])


def _end(sentence: str) -> NoReturn:
    """End with the sentence; of several processes one says it."""
    let_the_first_speak()
    complain(f"ebgan-kit: {sentence}")
    leave(2)


def _lacks_memory(problem: Exception) -> bool:
    """Tell whether Python, or torch in one of its ways to say so, could not have more memory."""
    words = ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    return isinstance(problem, MemoryError) or any(word in str(problem) for word in words)


def _require_working_folder() -> None:
    """UsageError where the shell is in a folder that was deleted: torch cannot be loaded there."""
    try:
        os.getcwd()
    except OSError as problem:
        raise UsageError("the working folder has been deleted: cd to another one") from problem
