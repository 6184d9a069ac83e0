"""Names of files: as people type them, and as they may be shown and written."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path


def home(path: str | os.PathLike[str]) -> Path:
    """Return a path with one's home folder in place of `~`."""
    return Path(os.path.expanduser(path))


def legible(name: str) -> str:
    """Return a name with U+FFFD for each byte of it that is no text, such as Latin-1's é.

    Python keeps such bytes of a file's name as lone surrogates, which no UTF-8 file can hold.
    """
    return re.sub("[\ud800-\udfff]", "\ufffd", name)


def nearest_path(path: Path) -> Path | None:
    """Return the path with the closest name in place of each that is not there; None if none is."""
    found = Path(path.anchor)
    for name in path.relative_to(path.anchor).parts:
        if not os.path.lexists(found / name):
            names = os.listdir(found) if os.access(found, os.R_OK) and found.is_dir() else []
            name = next(iter(get_close_matches(name, sorted(names), n=1, cutoff=0.6)), "")
        if not name:
            return None
        found /= name
    return found
