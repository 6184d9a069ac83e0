"""Which image each row of a table names, however its paths are written."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
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
    """A table's cell as a path with forward slashes."""
    return PurePosixPath(cell).as_posix()


def images_named(cells: Sequence[str], images: Collection[str]) -> dict[str, str]:
    """Find the image that each cell names; cells that name none are left out.

    `images` are paths as seen from the folder. A cell is taken by its letter first. Then accents
    may be composed otherwise (macOS splits them), slashes and letters' size may differ, and the
    suffix may be missing. Where no cell names an image so, all may stand below another folder, as
    absolute paths do. An image that one cell names exactly is no other cell's.
    """
    cells = list(dict.fromkeys(cells))
    found = _matched({cell: as_path(cell) for cell in cells}, images)
    if found:
        return found
    start = _common_start([_spelling(cell) for cell in cells], images)
    below = {cell: path for cell in cells if (path := _spelling(cell)).startswith(start)}
    return _matched({cell: path.removeprefix(start) for cell, path in below.items()}, images)


def _matched(paths: dict[str, str], images: Collection[str]) -> dict[str, str]:
    """Cell → image, for cells whose paths are an image's by one of the ways to compare them."""
    found = {cell: path for cell, path in paths.items() if path in images}
    for of_image, of_cell in _WAYS:
        rest = paths.keys() - found.keys()
        if not rest:
            break
        keyed = _by_key(set(images) - set(found.values()), of_image)
        matches = {cell: keyed.get(of_cell(paths[cell])) for cell in rest}
        found |= {cell: image for cell, image in matches.items() if image is not None}
    return found


def _by_key(images: Collection[str], key: Callable[[str], str]) -> dict[str, str]:
    """Key → image, for keys that are one image's alone."""
    keys = {image: key(image) for image in images}
    times = Counter(keys.values())
    return {key: image for image, key in keys.items() if times[key] == 1}


def _spelling(path: str) -> str:
    return as_path(unicodedata.normalize("NFC", decoded(path)).replace("\\", "/"))


def _folded(path: str) -> str:
    return _spelling(path).casefold()


def _without_suffix(path: str) -> str:
    stem, suffix = os.path.splitext(_folded(path))
    return stem if suffix in SUFFIXES else stem + suffix


_WAYS = ((_spelling, _spelling), (_folded, _folded), (_without_suffix, _folded))
"""Keys of an image and of a cell that are compared, the strictest first."""


def _common_start(paths: Sequence[str], images: Collection[str]) -> str:
    """What most often stands before an image's path in the cells' paths; "" where nothing does."""
    known = {key(image) for image in images for key in (_folded, _without_suffix)}
    starts: Counter[str] = Counter()
    for path in paths:
        steps = path.split("/")
        tails = ("/".join(steps[step:]) for step in range(1, len(steps)))
        tail = next((tail for tail in tails if tail.casefold() in known), None)
        if tail:
            starts[path[: -len(tail)]] += 1
    return starts.most_common(1)[0][0] if starts else ""
