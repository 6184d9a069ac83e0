"""Weights that arrive inside an installed package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def packaged(package: str, file: str) -> Path | None:
    """Return the path of a file in a package's folder; None where it is not installed.

    The package itself is not imported.
    """
    found = find_spec(package)
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder) / file
        if path.is_file():
            return path
    return None
