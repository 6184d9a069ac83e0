"""Model files that are here: of a path, in a run's folder, with the kit; and slips in a path."""

from __future__ import annotations

import os
from pathlib import Path

from ebgan_kit.files.names import home, nearest_path

MODEL = "model.safetensors"
"""What a model file is called in a run's folder, and on the Hub."""

RUNS = Path("runs")
"""The folder of the runs here."""

WITH_THE_KIT = Path(__file__).parent
"""The folder of the models that come with the kit: this one."""

PORTRAITS = "portraits"
"""The name of the model for photographs that comes with the kit."""


def with_the_kit(model: Path | str) -> Path | None:
    """Find the file of a model that comes with the kit, such as `portraits`; None if none does."""
    file = WITH_THE_KIT / f"{model}{Path(MODEL).suffix}"
    return file if Path(model).name == str(model) and os.path.isfile(file) else None


def here(model: Path | str) -> Path | None:
    """Find the file of a path, or the model in the folder of a path; None if there is none.

    `~` is one's home, also where no shell has said so.
    """
    path = home(model)
    return next((file for file in (path, path / MODEL) if os.path.isfile(file)), None)


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
