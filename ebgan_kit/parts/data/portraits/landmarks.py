"""The landmarks of a folder's photographs, found and written into its table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.files.writing import draft
from ebgan_kit.images.face_finder import largest_face
from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.photographs import decoding, upright_rgb
from ebgan_kit.images.yunet import detector
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.portraits.table import NAME, PLACES, SIDES, only_table
from ebgan_kit.parts.data.tables import check_names, read_csv

Row = dict[str, str]
"""Column → cell."""


@dataclass(frozen=True)
class Found:
    """What came of a folder."""

    table: Path
    known: int
    """How many photographs had landmarks already."""
    new: int
    """How many have them now."""
    left_out: Sequence[str]
    """A sentence for each of the others."""

    @property
    def photographs(self) -> int:
        """How many there are."""
        return self.known + self.new + len(self.left_out)


def find_landmarks(
    folder: Path,
    table: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """Find the largest face in each photograph of a folder, and write its landmarks into a table.

    The table is the only one in the folder if none is given, or a new one. Its columns and rows
    stay, and photographs that have landmarks there are not looked at again. A photograph whose face
    is not found, is seen from the side or is cut off gets no row. `tell(done, total)` is told how
    far it is. UsageError for a table that cannot be read or written, and where no face is found.
    """
    detector()  # which may not be installed
    listing = list_photographs(folder, inside=True)
    if not listing.photographs:
        raise UsageError(listing.empty())
    table = table or only_table(folder) or folder / NAME
    require_writable([table], listing.paths(), work="search")
    columns, rows = _read(folder, table, listing.photographs)
    listing.take(table)
    listing.warn()

    wanted = [name for name in listing.photographs if not _is_known(rows.get(name, {}))]
    left_out = []
    for done, name in enumerate(wanted, start=1):
        try:
            found = _look(folder / name)
            rows[name] = rows.get(name, {}) | found
        except UsageError as problem:
            left_out.append(str(problem))
        tell(done, len(wanted))
    known, new = len(listing.photographs) - len(wanted), len(wanted) - len(left_out)
    if not known and not new:
        raise UsageError(f"{folder}: no face was found in any photograph")
    if new:
        _write(table, list(dict.fromkeys((*columns, *SIDES, *PLACES))), rows)
    return Found(table, known, new, left_out)


def _read(
    folder: Path, path: Path, photographs: Sequence[str]
) -> tuple[Sequence[str], dict[str, Row]]:
    """The columns and rows of a table that may be there."""
    if not path.is_file():
        return (), {}
    faults = Faults(folder, way_out="mend them, or write another table by -o")
    table = read_csv(faults, path, photographs)
    if table:
        check_names(faults, table.head, table.columns)
    faults.settle(skip_broken=False)
    assert table is not None
    rows = {n: dict(zip(table.columns, c, strict=True)) for n, c in table.cells.items()}
    return table.columns, rows


def _is_known(row: Mapping[str, str]) -> bool:
    return all(row.get(name) for name in PLACES)


def _look(path: Path) -> Row:
    """A photograph's size and landmarks; UsageError, which names it, where no face fits."""
    with decoding(path) as image:
        upright = upright_rgb(image)
    face = largest_face(upright)
    if face is None:
        raise UsageError(f"{path}: no face was found")
    if face.from_the_side:
        raise UsageError(f"{path}: the face is seen from the side")
    width, height = upright.size
    if not all(0 <= p.real <= width and 0 <= p.imag <= height for p in face.landmarks):
        raise UsageError(f"{path}: the face is cut off")
    places = (f"{n:.1f}" for point in face.landmarks for n in (point.real, point.imag))
    return dict(zip((*SIDES, *PLACES), (str(width), str(height), *places), strict=True))


def _write(path: Path, columns: Sequence[str], rows: Mapping[str, Row]) -> None:
    """Write the rows, of which each names its photograph as seen from the folder."""
    with (
        draft(path) as unfinished,
        open(unfinished, "w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("file", *columns))
        lines.writerows((name, *(row.get(c, "") for c in columns)) for name, row in rows.items())
