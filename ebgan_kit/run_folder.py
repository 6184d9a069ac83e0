"""Folders of runs: whether one may begin or go on in one, and what others have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe import Recipe, read

_MAY_CHANGE = ("images", "report", "samples", "checkpoint", "keep", "workers", "device")
"""Keys of [train] that do not change what has been trained so far."""


def trained() -> list[Path]:
    """The model files of the runs here, the newest last."""
    return sorted(Path("runs").glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)


def check_folder(folder: Path, recipe: Recipe, resume: bool) -> None:
    """UsageError where a run would meet another one, or has none to go on with."""
    exists = (folder / "recipe.toml").exists()
    if not resume and folder.exists() and (exists or not folder.is_dir()):
        raise UsageError(
            f"{folder} exists: go on with it by --resume, or set name=… for another run"
        )
    if not resume:
        return
    if not exists:
        raise UsageError(f"{folder} holds no run to resume: leave out --resume to begin one")
    changed = _differences(read(folder / "recipe.toml").dump(), recipe.dump())
    if changed:
        raise UsageError(
            f"{folder} was begun with another recipe: {', '.join(changed)} differ; resume it with "
            f"{folder / 'recipe.toml'}, or set name=… for another run"
        )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
    """The keys, as table.key, that two resolved recipes do not share."""
    found = []
    for name in sorted({*before, *after} - {"watch"}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if not isinstance(old, dict) or not isinstance(new, dict):
            found.append(name)
            continue
        keys = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
        found += [f"{name}.{k}" for k in keys if name != "train" or k not in _MAY_CHANGE]
    return found
