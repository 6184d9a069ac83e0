"""Tables as the terminal shows them, in the two looks that the kit has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 68
"""In characters, at least, of every table of figures, so that titles do not break."""


class PlainTable(Table):
    """A table that shows texts as they are: what looks like markup in a name is part of it."""

    def __init__(self, title: str | None = None, caption: str | None = None, **look: Any) -> None:
        said = (title, "table.title"), (caption, "table.caption")
        above, below = (None if text is None else Text(text, style) for text, style in said)
        super().__init__(title=above, caption=below, **look)

    def add_column(self, header: RenderableType = "", *given: Any, **look: Any) -> None:
        """Add a column, as rich does."""
        super().add_column(_plain(header), *given, **look)

    def add_row(self, *cells: RenderableType | None, **look: Any) -> None:
        """Add a row, as rich does."""
        super().add_row(*map(_plain, cells), **look)


def _plain(cell: Any) -> Any:
    return Text(cell) if isinstance(cell, str) else cell


def bold(text: str, is_bold: bool = True) -> Text:
    """Make a cell bold, if it is to be."""
    return Text(text, "bold" if is_bold else "")


def listing(*columns: str, whole: Sequence[str] = (), pad_edge: bool = False, **look: Any) -> Table:
    """Make a table of words, without lines: what is too long for its cell goes on below it.

    `whole` names the columns whose cells are never cut. `look` goes to rich's table.
    """
    table = PlainTable(box=None, pad_edge=pad_edge, header_style="bold", **look)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    return table


def figure_table(title: str, *columns: str, names: Sequence[str] = ("",), **look: Any) -> Table:
    """Make a table of figures, with a title and lines: columns of `names`, then of numbers.

    Names stand to the left, numbers to the right. `look` goes to rich's table.
    """
    table = PlainTable(title=title, box=SIMPLE, min_width=WIDTH, pad_edge=False, **look)
    for name in names:
        table.add_column(name, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
