"""The table of portraits: its columns, and what a row says of a photograph."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection
from functools import partial
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.tables import Table, find_table, flag, read_csv, read_flags
from ebgan_kit.types import LANDMARKS

Landmarks = tuple[complex, ...]
"""Five points x + iy in the order of `LANDMARKS`, in pixels of the upright photograph."""

NAME = "portraits.csv"
"""The table's name where there is none yet."""

SIDES = ("width", "height")
"""Columns of the upright photograph's sides, in pixels."""

PLACES = tuple(f"{name}_{axis}" for name in LANDMARKS for axis in "xy")
"""Columns of the landmarks, in pixels of the upright photograph."""

_NO_ATTRIBUTES = ("person", "source", "expression", *SIDES, *PLACES)

_EXPRESSIONS = 10
"""Different words at most in a column of expressions: more are notes."""


def only_table(root: Path) -> Path | None:
    """Return the one table in a folder; None for none, UsageError for several."""
    found = sorted(p for p in root.glob("[!.]*") if p.suffix.lower() == ".csv" and p.is_file())
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(
            f"{root} holds {len(found)} tables ({names}): say which one is meant, by data.table in "
            "a recipe, and by -o of ebgan-kit landmarks"
        )
    return found[0] if found else None


def read_table(faults: Faults, table: Path | None, photographs: Collection[str]) -> Table:
    """Read a table that is named, or the only one in the folder.

    UsageError where there is none, where it cannot be read, and where it has no landmarks at all.
    """
    path = find_table(faults, table) if table else only_table(faults.root)
    if path is None:
        faults.settle(skip_broken=False)
        raise UsageError(f"{faults.root} holds no table: {_finder(faults.root)} writes one")
    rows = read_csv(faults, path, photographs)
    if rows is None:
        faults.settle(skip_broken=False)
        raise AssertionError("a table that cannot be read is a fault")
    lacking = [name for name in PLACES if name not in rows.columns]
    if lacking or not any(map(any, rows.only(PLACES).cells.values())):
        columns = ", ".join(lacking or PLACES)
        finder = _finder(faults.root, path if table else None)
        raise UsageError(f"{path} has no landmarks ({columns}): {finder} finds them")
    return rows


def read_landmarks(table: Table, faults: Faults) -> dict[str, Landmarks]:
    """Return each photograph's landmarks; a row without any is a fault."""
    return table.only(PLACES).read(partial(_landmarks, _finder(faults.root)), faults)


def _finder(root: Path, table: Path | None = None) -> str:
    """The command that finds landmarks."""
    target = ["-o", str(table)] if table else []
    return shlex.join(["ebgan-kit", "landmarks", str(root), *target])


def _landmarks(finder: str, cells: list[str]) -> Landmarks:
    if not any(cells):
        raise ValueError(f"it has no landmarks: {finder} finds them")
    try:
        numbers = [float(cell.replace(",", ".")) for cell in cells]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"landmarks are numbers of pixels, not {' '.join(cells)!r}")
    points = tuple(complex(*numbers[at : at + 2]) for at in range(0, len(numbers), 2))
    if abs(points[1] - points[0]) < 1:
        raise ValueError("the two eyes are one point")
    return points


def read_people(table: Table) -> dict[str, str]:
    """Return the person in each photograph; one that names none is a person of its own."""
    if "person" not in table.columns:
        return {face: face for face in table.lines}
    named = {face: cell for face, (cell,) in table.only(["person"]).cells.items()}
    return {face: named.get(face) or face for face in table.lines}


def read_attributes(table: Table, faults: Faults) -> tuple[tuple[str, ...], dict[str, list[bool]]]:
    """Return the attributes' names, and per photograph whether it shows each.

    An attribute is a column of which at least half the cells are one, and each word in the column
    `expression`, spelled as CelebA spells attributes. Other columns are passed over.
    """
    labels = table.only([name for name in table.columns if _holds_flags(table, name)])
    words = _expressions(table)
    names = sorted({*words.values()} - {"", *labels.columns})
    if len(names) > _EXPRESSIONS:
        names = []
    flags = {
        face: [*row, *(words[face] == name for name in names)]
        for face, row in read_flags(labels, faults).items()
    }
    return (*labels.columns, *names), flags


def _holds_flags(table: Table, column: str) -> bool:
    if column in _NO_ATTRIBUTES:
        return False
    cells = [cell for (cell,) in table.only([column]).cells.values()]
    return sum(flag(cell) is not None for cell in cells) * 2 >= len(cells)


def _expressions(table: Table) -> dict[str, str]:
    """Photograph → its expression as an attribute is spelled; `mouth open` is `Mouth_Open`."""
    if "expression" not in table.columns:
        return {}
    cells = table.only(["expression"]).cells
    words = {face: re.findall("[a-z]+", cell.lower()) for face, (cell,) in cells.items()}
    return {face: "_".join(map(str.capitalize, each)) for face, each in words.items()}
