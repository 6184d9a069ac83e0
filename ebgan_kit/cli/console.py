"""The terminal: what commands print, and where warnings go."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from ebgan_kit.terminal.printable import PrintableConsole, shortened
from ebgan_kit.training.launch import first_here

if not os.environ.get("COLUMNS", "1").strip("0"):
    del os.environ["COLUMNS"]  # a shell without a terminal sets 0, in which nothing is shown

out = PrintableConsole(emoji=False)
err = PrintableConsole(stderr=True, emoji=False)


def print_anything() -> None:
    """Let both streams print what their encoding lacks as an escape, such as `\udce9`.

    Names of files hold any bytes, and not every terminal, cron job or Windows prints UTF-8.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Print a text as it is: what looks like markup in a name is a part of the name."""
    _plain(out, text)


def complain(text: str, **look: Any) -> None:
    """Print a text as it is on standard error; a line without end is cut."""
    _plain(err, shortened(text), **look)


def go_on(why: str, again: Sequence[str]) -> None:
    """Say why work ended before its end, and the command that goes on with it."""
    complain(f"{why}:\n  {shlex.join(['ebgan-kit', *again])}")


def _plain(console: Console, text: str, **look: Any) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False, **look)


def hand_over(
    table: RenderableType, *outputs: tuple[str, Path | None, Callable[[Path], None]]
) -> None:
    """Print what took long to measure, and write it; each is done where another fails.

    `outputs`: what it is, the file, if one is asked for, and what writes it; the last is the first.
    """
    with ExitStack() as rest:
        for what, path, write in outputs:
            if path is not None:
                rest.callback(_written, what, path, write)
        out.print(table)


def _written(what: str, path: Path, write: Callable[[Path], None]) -> None:
    write(path)
    tell(f"{what}: {path}")


@contextmanager
def under_way(text: str) -> Iterator[Callable[[str], None]]:
    """Show what is under way on a terminal; the function that is given changes the text."""
    # drawn in ASCII: not every terminal has Braille
    with err.status(Text(text), spinner="line") as status:
        yield lambda now: status.update(Text(now))


def warn(message: Warning | str, category: type[Warning], *place: Any) -> None:
    """Print a warning as one line, by the first process of each host."""
    if first_here():
        complain(f"warning: {message}", style="yellow")
