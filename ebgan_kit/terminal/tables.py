"""Tables as the terminal shows them, in the two looks that the kit has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

WIDTH = 68
"""In characters, at least, of every table of figures, so that titles do not break."""


def listing(*columns: str, whole: Sequence[str] = (), pad_edge: bool = False, **look: Any) -> Table:
    """Make a table of words, without lines: what is too long for its cell goes on below it.

    `whole` names the columns whose cells are never cut. `look` goes to rich's table.
    """
    table = Table(box=None, pad_edge=pad_edge, header_style="bold", **look)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    return table


def figure_table(title: str, *columns: str, names: Sequence[str] = ("",), **look: Any) -> Table:
    """Make a table of figures, with a title and lines: columns of `names`, then of numbers.

    Names stand to the left, numbers to the right. `look` goes to rich's table.
    """
    table = Table(title=title, box=SIMPLE, min_width=WIDTH, pad_edge=False, **look)
    for name in names:
        table.add_column(name, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
