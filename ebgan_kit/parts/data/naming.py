"""Which image each row of a table names, however its paths are written."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from ebgan_kit.images.photographs import SUFFIXES

_ENCODINGS = ("utf-8", "cp1252", "latin-1")  # the last one reads any bytes


def decoded(text: str) -> str:
    """Text whose bytes Python could not decode, read as UTF-8, else as Windows and Latin-1 have it.

    Undecodable bytes are those that Python keeps in file names (`surrogateescape`).
    """
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads any bytes")


def as_path(cell: str) -> str:
    """A table's cell as a path without steps that lead nowhere."""
    if cell and "//" not in cell and "./" not in cell and not cell.endswith(("/", "/.")):
        return cell  # in a tenth of the time, and tables are long
    return PurePosixPath(cell).as_posix()


def images_named(cells: Iterable[str], images: Collection[str]) -> dict[str, str]:
    """Find the image that each cell names; cells that name none are left out.

    `images` are paths as seen from the folder. A cell is taken by its letter first. Then accents
    may be composed otherwise (macOS splits them), slashes and letters' size may differ, and the
    suffix may be missing. Where no cell names an image so, all cells may stand below another
    folder, as absolute paths do, or all images below one that no cell says. An image that one cell
    names exactly is no other cell's.
    """
    cells = list(dict.fromkeys(cells))
    exact = {cell: path for cell in cells if (path := as_path(cell)) in images}
    if len(exact) == len(cells):
        return exact
    paths = {cell: _spelling(cell) for cell in cells}
    spelled = {image: _spelling(image) for image in images}
    found = _matched(exact, paths, spelled)
    if found:
        return found
    start = _common_start(paths.values(), spelled.values())
    if start:
        return _matched({}, _below(start, paths), spelled)
    start = _common_start(spelled.values(), paths.values())
    return _matched({}, paths, _below(start, spelled)) if start else {}


def _below(start: str, paths: dict[str, str]) -> dict[str, str]:
    """The paths that begin so, as seen from there."""
    return {key: path[len(start) :] for key, path in paths.items() if path.startswith(start)}


def none_named(first: str, images: Collection[str], folder: str = "") -> str:
    """The fault of a table that names no image; `first` is what its first row begins with."""
    there = f"{folder}{min(images)}"
    return f"no row begins with the name of an image: the first has {first}, and there is {there}"


def _matched(
    exact: dict[str, str], paths: dict[str, str], images: dict[str, str]
) -> dict[str, str]:
    """Cell → image, for cells whose paths are an image's by one of the ways to compare them.

    `paths` and `images` are cells and images with their spelling.
    """
    found = dict(exact)
    for of_image, of_cell in _WAYS:
        taken = set(found.values())
        keyed = _by_key({i: of_image(path) for i, path in images.items() if i not in taken})
        for cell in paths.keys() - found.keys():
            image = keyed.get(of_cell(paths[cell]))
            if image is not None:
                found[cell] = image
    return found


def _by_key(keys: dict[str, str]) -> dict[str, str]:
    """Key → image, for keys that are one image's alone."""
    times = Counter(keys.values())
    return {key: image for image, key in keys.items() if times[key] == 1}


def _spelling(path: str) -> str:
    return as_path(unicodedata.normalize("NFC", decoded(path)).replace("\\", "/"))


def _without_suffix(path: str) -> str:
    stem, suffix = os.path.splitext(path.casefold())
    return stem if suffix in SUFFIXES else stem + suffix


_WAYS = ((str, str), (str.casefold, str.casefold), (_without_suffix, str.casefold))
"""Keys of an image's spelling and of a cell's that are compared, the strictest first."""


def _common_start(paths: Iterable[str], others: Iterable[str]) -> str:
    """What most often stands in paths before one of the others; "" where nothing does."""
    known = {key(other) for other in others for key in (str.casefold, _without_suffix)}
    starts: Counter[str] = Counter()
    for path in paths:
        steps = path.split("/")
        tails = ("/".join(steps[step:]) for step in range(1, len(steps)))
        tail = next((tail for tail in tails if tail.casefold() in known), None)
        if tail:
            starts[path[: -len(tail)]] += 1
    return starts.most_common(1)[0][0] if starts else ""
