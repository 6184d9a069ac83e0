"""A command, as it is typed, and run in this process."""

from __future__ import annotations

import os
import runpy
import shlex
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typer.main

typer.main.get_command = cache(typer.main.get_command)
"""Typer makes all commands anew at each call, which takes as long as a case: once will do."""


@dataclass(frozen=True)
class Command:
    """A module that is run as `python -m` does it, and its words."""

    module: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"python -m {self.module} {shlex.join(self.words)}"


def kit(*words: object) -> Command:
    """Return a command of `ebgan-kit`."""
    return Command("ebgan_kit", tuple(map(str, words)))


def run(command: Command) -> int:
    """Run a command to its end, and return its exit status; what it raises passes through."""
    before, sys.argv = sys.argv, [command.module, *command.words]
    try:
        with warnings.catch_warnings():
            runpy.run_module(command.module, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        sys.argv = before
    return 0


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder meanwhile."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
