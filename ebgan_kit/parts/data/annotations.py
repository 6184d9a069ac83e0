"""A data folder's lists held against its images; all that is wrong is told in one message."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import SUFFIXES, find_breakage

Value = TypeVar("Value")

_SHOWN = 20  # faults in one message; the rest are counted


class Faults:
    """What is wrong with a data folder, collected while it is read.

    Faces are known by their image's file name.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise UsageError(f"data.root: there is no folder {root}; give the data set's own")
        self.root = root
        self.broken: set[str] = set()
        self._lasting: list[str] = []
        self._of_faces: list[tuple[str, str]] = []

    def add(self, where: str, what: str, face: str | None = None) -> None:
        """Note a fault of one face, or, with no face, one that cannot be skipped.

        `where` is a file below the root, with `:line` for a line in it.
        """
        if face is None:
            self._lasting.append(f"{where}: {what}")
        else:
            self._of_faces.append((face, f"{where}: {what}"))
            self.broken.add(face)

    def settle(self, skip_broken: bool, elsewhere: Collection[str] = ()) -> int:
        """Raise one UsageError that tells every fault, or return how many faces are left out.

        Faces `elsewhere`, in partitions that were not asked for, may be broken.
        """
        here = [(face, fault) for face, fault in self._of_faces if face not in elsewhere]
        told = self._lasting + ([] if skip_broken else [fault for _, fault in here])
        if told:
            raise UsageError(self._message(told))
        return len({face for face, _ in here})

    def _message(self, told: list[str]) -> str:
        lines = [f"the data in {self.root} cannot be used as it is:", *told[:_SHOWN]]
        if len(told) > _SHOWN:
            lines.append(f"and {len(told) - _SHOWN} more")
        way_out = "mend them, or set data.skip_broken=true to go on without them"
        if self._lasting:
            way_out = "mend them (data.skip_broken passes over single faces, not over whole files)"
        return "\n  ".join(lines) + f"\n{way_out}"


@dataclass(frozen=True)
class Table:
    """A list's rows by the face that they speak of."""

    file: str
    """Its path below the root."""
    columns: tuple[str, ...] = ()
    """Names of the cells after the first, which names the face."""
    lines: dict[str, int] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)

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
    """A list as CelebA's are written, with blanks between cells; None where it is missing.

    `header` counts the lines before the first row: 0 needs `columns`; 1 names every column; 2 holds
    the number of rows, then the names of all columns but the first. `face` makes the image's
    file name of a row's first cell.
    """
    path = faults.root / file
    if not path.is_file():
        if not optional:
            faults.add(file, "there is no such file")
        return None
    with open(path, encoding="utf-8-sig", errors="replace") as text:
        rows = ((number, line.split()) for number, line in enumerate(text, start=1))
        return _table(faults, file, rows, columns, header, face)


def read_csv(faults: Faults, path: Path, face: Callable[[str], str]) -> Table:
    """A table with commas between cells, whose first line names its columns."""
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text, skipinitialspace=True)
        rows = ((reader.line_num, [cell.strip() for cell in cells]) for cells in reader)
        return _table(faults, _below(path, faults.root), rows, (), 1, face)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _table(
    faults: Faults,
    file: str,
    rows: Iterator[tuple[int, list[str]]],
    columns: tuple[str, ...],
    header: int,
    face: Callable[[str], str],
) -> Table:
    for _ in range(header):
        names = next(rows, (0, []))[1]
        columns = tuple(names[1:] if header == 1 else names)
    table = Table(file, columns)
    for line, cells in rows:
        if any(cells):
            _add_row(table, line, face(cells[0]), cells[1:], faults)
    if not table.lines:
        faults.add(file, "it has no rows")
    return table


def _add_row(table: Table, line: int, face: str, cells: list[str], faults: Faults) -> None:
    where = f"{table.file}:{line}"
    if face in table.lines:
        faults.add(where, f"{face} has a row already, in line {table.lines[face]}", face)
        return
    table.lines[face] = line
    if len(cells) != len(table.columns):
        count = f"{len(cells)} values for {len(table.columns)} columns"
        faults.add(where, f"{face} has {count}", face)
        return
    table.cells[face] = cells


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
        elif not name or name in ("0", "1", "-1"):
            faults.add(where, f"{name!r} is no name of a column; the first line must name them")
        seen.add(name)


def flags(cells: list[str]) -> list[bool]:
    """Attributes in one row: 1 is true; 0 and CelebA's -1 are false."""
    for cell in cells:
        if cell not in ("1", "-1", "0"):
            raise ValueError(f"an attribute is 1, 0 or -1, not {cell!r}")
    return [cell == "1" for cell in cells]


def list_images(faults: Faults, folder: str) -> set[str] | None:
    """File names of the images right inside a folder; None where it is missing."""
    path = faults.root / folder
    if not path.is_dir():
        faults.add(f"{folder}/", "there is no such folder")
        return None
    with os.scandir(path) as entries:
        return {entry.name for entry in entries if is_image(entry.name)}


def is_image(name: str) -> bool:
    """By its name; hidden files, which some systems leave beside images, are none."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def compare(
    faults: Faults, images: Collection[str] | None, tables: Iterable[Table | None], folder: str = ""
) -> None:
    """Find rows without an image and images without a row; each missing image is told once."""
    if images is None:
        return
    missing: set[str] = set()
    for table in filter(None, tables):
        for face, line in table.lines.items():
            if face not in images and face not in missing:
                faults.add(f"{table.file}:{line}", f"there is no image {folder}{face}", face)
                missing.add(face)
        for face in sorted(set(images) - table.lines.keys()):
            faults.add(f"{folder}{face}", f"it has no row in {table.file}", face)


def check_images(faults: Faults, images: Iterable[str], folder: str = "") -> None:
    """Find the images that do not decode."""
    for face in sorted(images):
        breakage = find_breakage(faults.root / folder / face)
        if breakage:
            faults.add(f"{folder}{face}", breakage, face)


def require_faces(faces: list[str], root: Path, partitions: Collection[str]) -> list[str]:
    """The faces themselves; a UsageError where there are none."""
    if not faces:
        raise UsageError(f"{root} holds no face to use for data.partitions={','.join(partitions)}")
    return faces
