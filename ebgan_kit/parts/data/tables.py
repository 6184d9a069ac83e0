"""Tables of a data folder: rows by the face that they speak of, whoever wrote them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.naming import as_path, decoded, images_named, none_named

Value = TypeVar("Value")

Row = tuple[int, list[str]]
"""A line's number, and its cells."""

_SEPARATORS = ",;\t|"
"""What sets cells apart, the likeliest first."""


@dataclass(frozen=True)
class Table:
    """A list's rows by the face that they speak of."""

    file: str
    """Its path below the root."""
    columns: tuple[str, ...] = ()
    """Names of the cells after the first, which names the face."""
    header: int = 0
    """The line that names the columns."""
    lines: dict[str, int] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Where the columns are named, for a fault of theirs."""
        return f"{self.file}:{self.header}"

    def only(self, columns: Sequence[str]) -> Table:
        """The same rows with some of the columns."""
        places = [self.columns.index(name) for name in columns]
        cells = {face: [row[place] for place in places] for face, row in self.cells.items()}
        return replace(self, columns=tuple(columns), cells=cells)

    def read(self, parse: Callable[[list[str]], Value], faults: Faults) -> dict[str, Value]:
        """What `parse` makes of each row; the ValueError that it raises is a fault of that row."""
        values = {}
        for face, cells in self.cells.items():
            try:
                values[face] = parse(cells)
            except ValueError as wrong:
                faults.add(f"{self.file}:{self.lines[face]}", str(wrong), face)
        return values


def read_list(
    faults: Faults,
    file: str,
    *,
    columns: tuple[str, ...] = (),
    header: int = 0,
    optional: bool = False,
    face: Callable[[str], str] = str,
) -> Table | None:
    """A list as CelebA's are written, with blanks between cells; None where it cannot be read.

    `header` counts the lines before the first row: 0 needs `columns`; 1 names every column; 2 holds
    the number of rows, then the names of all columns but the first. `face` makes the image's
    file name of a row's first cell. A file whose name ends in .csv names every column in its first
    line, and has commas between cells.
    """
    path = faults.root / file
    if not path.is_file():
        if not optional:
            faults.add(file, "there is no such file")
        return None
    if path.suffix == ".csv":
        rows, header = _split_csv(faults, file, path), 1
    else:
        rows = [(number, line.split()) for number, line in _lines(faults, file, path)]
    return _table(faults, file, rows, columns, header, face) if rows else None


def find_table(faults: Faults, table: Path) -> Path | None:
    """A table that is named as seen from the root or from here; None where there is none."""
    path = next((path for path in (faults.root / table, table) if path.is_file()), None)
    if path is None:
        faults.add(str(table), "there is no such file, in the folder or from here")
    return path


def read_csv(faults: Faults, path: Path, images: Collection[str]) -> Table | None:
    """A table whose first line names its columns, of which the first names one of the images.

    Cells stand between commas, semicolons, tabs or bars. Row numbers before the file names, which
    spreadsheets and pandas write, are passed over. See `images_named` for how paths may be written.
    None where the file cannot be read.
    """
    file = _below(path, faults.root)
    rows = _without_row_numbers(_split_csv(faults, file, path), images)
    if not rows:
        return None
    if not any(rows[0][1][1:]):
        what = "there is no attribute after the column of file names"
        where = f"{file}:{rows[0][0]}"
        faults.add(where, f"{what}; commas, semicolons or tabs set columns apart")
        return None
    first = [cells[0] for _, cells in rows[1:]]
    named = images_named(first, images)
    if first and images and not named:
        faults.add(file, none_named(first[0], images))
        return None
    return _table(faults, file, rows, (), 1, lambda cell: named.get(cell, as_path(cell)))


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _lines(faults: Faults, file: str, path: Path) -> list[tuple[int, str]]:
    """Lines that are not blank, with their numbers; none of a file that cannot be read."""
    try:
        with open(path, "rb") as start:
            wide = start.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "surrogateescape")
        with open(path, encoding=encoding, errors=errors) as text:
            lines = [
                (number, decoded(line.removesuffix("\n")))
                for number, line in enumerate(text, start=1)
            ]
    except OSError as problem:
        faults.add(file, f"it cannot be read ({problem.strerror})")
        return []
    if any("\0" in line for _, line in lines):
        faults.add(file, "it is no text: save the table as CSV")
        return []
    lines = [(number, line) for number, line in lines if line.strip()]
    if not lines:
        faults.add(file, "it is empty")
    return lines


def _split_csv(faults: Faults, file: str, path: Path) -> list[Row]:
    """The rows of a CSV file; a fault for each line that cannot be split into cells."""
    lines = _lines(faults, file, path)
    said = lines.pop(0)[1][4:] if lines and lines[0][1].lower().startswith("sep=") else None
    separator = said if said and said in _SEPARATORS else _separator(lines[0][1]) if lines else ","
    rows: list[Row] = []
    for number, line in lines:
        try:
            # each line by itself: a quote that is left open takes no other line along
            cells = next(csv.reader([line + "\n"], delimiter=separator, skipinitialspace=True))
        except csv.Error as problem:
            faults.add(f"{file}:{number}", f"it cannot be read ({problem})")
            continue
        if cells[-1].endswith("\n"):
            faults.add(f"{file}:{number}", "a quote is opened and not closed")
        elif any(cells):
            rows.append((number, [cell.strip() for cell in cells]))
    return rows


def _separator(line: str) -> str:
    """What sets the most cells of a line apart; a comma where nothing sets apart more."""
    start = line[:10_000]  # a cell of more than 131,072 letters is csv.Error
    return max(_SEPARATORS, key=lambda mark: len(next(csv.reader([start], delimiter=mark))))


def _without_row_numbers(rows: list[Row], images: Collection[str]) -> list[Row]:
    """The rows without a first column of numbers, where the second one names the images."""
    wide = [cells for _, cells in rows[1:] if len(cells) > 1]
    numbers = {cells[0] for cells in wide if cells[0].isdecimal() and flag(cells[1]) is None}
    # each row has a number of its own, but for a few that are broken
    if len(numbers) <= 0.9 * len(wide) or not images_named([cells[1] for cells in wide], images):
        return rows
    width = max(map(len, wide))
    return [(line, cells[1:] if len(cells) == width else cells) for line, cells in rows]


def _table(
    faults: Faults,
    file: str,
    rows: Iterable[Row],
    columns: tuple[str, ...],
    header: int,
    face: Callable[[str], str],
) -> Table | None:
    """The table, or None where no row of it fits its columns."""
    rest, named_in = iter(rows), 0
    for _ in range(header):
        named_in, names = next(rest, (0, []))
        columns = tuple(names[1:] if header == 1 else names)
    while columns and not columns[-1]:  # spreadsheets leave such behind
        columns = columns[:-1]
    table = Table(file, columns, named_in)
    misfits = [
        (line, name, why)
        for line, cells in rest
        if (why := _add_row(table, line, name := face(cells[0]), cells[1:]))
    ]
    if not table.lines:
        faults.add(file, "it has no rows")
    elif not table.cells:
        line, _, why = misfits[0]
        faults.add(f"{file}:{line}", f"{why}, and no other row fits either")
        return None
    for line, name, why in misfits:
        faults.add(f"{file}:{line}", why, name)
    return table


def _add_row(table: Table, line: int, face: str, cells: list[str]) -> str | None:
    """Take in a row; returns why it does not fit."""
    if face in table.lines:
        return f"{face} has a row already, in line {table.lines[face]}"
    table.lines[face] = line
    while len(cells) > len(table.columns) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(table.columns):
        return f"{face} has {len(cells)} values for {len(table.columns)} columns"
    table.cells[face] = cells
    return None


def check_names(
    faults: Faults, where: str, names: Iterable[str], known: Collection[str] = ()
) -> None:
    """Columns must have names, different ones, and out of `known` where it is given."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            faults.add(where, f"the column {name!r} is there twice")
        elif known and name not in known:
            nearest = get_close_matches(name, known, n=1)
            hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
            faults.add(where, f"no column is called {name!r}{hint}")
        elif not name or flag(name) is not None:
            faults.add(where, f"{name!r} is no name of a column; the first line must name them")
        seen.add(name)


def read_flags(table: Table, faults: Faults) -> dict[str, list[bool]]:
    """Attributes per face; a column that holds none at all is one fault, and no fault of a row."""
    rows = list(table.cells.items())
    for column, name in enumerate(table.columns):
        if rows and all(flag(cells[column]) is None for _, cells in rows):
            face, cells = rows[0]
            faults.add(
                f"{table.file}:{table.lines[face]}",
                f"the column {name!r} holds {cells[column]!r}, and in no row an attribute, which "
                "is 1, 0 or -1: leave the column out",
            )
            rows = []
    return table.read(_flags, faults) if rows else {}


def _flags(cells: list[str]) -> list[bool]:
    """Attributes in one row."""
    flags = [flag(cell) for cell in cells]
    if None in flags:
        wrong = cells[flags.index(None)]
        raise ValueError(f"an attribute is 1, 0 or -1, not {wrong!r}")
    return [bool(value) for value in flags]


@lru_cache(maxsize=1024)
def flag(cell: str) -> bool | None:
    """An attribute: 1, 1.0 and True are true; 0, CelebA's -1 and False are false; None else."""
    words = {"true": 1.0, "false": 0.0}
    try:
        value = words.get(cell.lower()) if cell.isalpha() else float(cell.replace(",", "."))
    except ValueError:
        return None
    return value == 1 if value in (1, 0, -1) else None
