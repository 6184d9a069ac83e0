"""Model files that are here: of a path, in a run's folder, and what a slip in a path may mean."""

from __future__ import annotations

import os
from pathlib import Path

from ebgan_kit.files.writing import nearest_path

MODEL = "model.safetensors"
"""What a model file is called in a run's folder, and on the Hub."""

RUNS = Path("runs")
"""The folder of the runs here."""


def here(model: Path | str) -> Path | None:
    """Find the file of a path, or the model in the folder of a path; None if there is none.

    `~` is one's home, also where no shell has said so.
    """
    path = home(model)
    return next((file for file in (path, path / MODEL) if os.path.isfile(file)), None)


def home(path: Path | str) -> Path:
    """Return a path with one's home folder in place of `~`."""
    return Path(os.path.expanduser(path))


def near(model: Path | str) -> str:
    """'; did you mean …?' with a model file whose path, or whose run's name, is close; else ""."""
    for path in filter(None, map(nearest_path, (home(model), RUNS / model))):
        file = here(path) or _newest(path)
        if file is not None and file.suffix == Path(MODEL).suffix:
            return f"; did you mean '{file}'?"
    return ""


def _newest(folder: Path) -> Path | None:
    """Of the model files in a folder, or in the runs that it holds, the newest."""
    found = [*folder.glob(f"*{Path(MODEL).suffix}"), *folder.glob(f"*/{MODEL}")]
    return max(found, key=lambda file: file.stat().st_mtime, default=None)
