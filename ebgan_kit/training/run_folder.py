"""Folders of runs: whether one may begin or go on in one, and what others have left."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError
from ebgan_kit.files.claims import claimed
from ebgan_kit.files.writing import clear_drafts, make_folder
from ebgan_kit.modelfile.here import MODEL, RUNS
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.checkpoint import saved
from ebgan_kit.training.launch import first

RECIPE, CHECKPOINTS = "recipe.toml", "checkpoints"
"""Names in a run's folder, beside its `MODEL`."""

_OF_A_RUN = (RECIPE, MODEL, CHECKPOINTS, "metrics.jsonl")

_MAY_CHANGE = (
    "data.skip_broken", "train.images", "train.log_every", "train.sample_every",
    "train.checkpoint_every", "train.keep", "train.workers", "train.device", "train.precision",
)  # fmt: skip
"""Keys that do not change what has been trained so far."""


def trained() -> list[Path]:
    """The model files of the runs here, the newest last."""
    return sorted(RUNS.glob(f"*/{MODEL}"), key=lambda path: path.stat().st_mtime)


@contextmanager
def claimed_folder(folder: Path, recipe: Recipe, resume: bool) -> Iterator[None]:
    """Claim a run's folder for the run's first process, which alone writes there.

    UsageError where another run is at work there, and as of `check_folder`.
    """
    if not first():
        yield
        return
    fresh = not folder.parent.exists()
    make_folder(folder.parent)
    try:
        with claimed(folder):
            check_folder(folder, recipe, resume)
            for place in (folder, folder / "samples"):
                clear_drafts(place)  # of runs that were killed: the claim says that none is at work
            yield
    finally:
        if fresh:
            with suppress(OSError):  # it is empty where the run failed before it began
                folder.parent.rmdir()


def check_folder(folder: Path, recipe: Recipe, resume: bool) -> None:
    """UsageError where a run would meet another one, or has none to go on with."""
    held = [name for name in _OF_A_RUN if (folder / name).exists()]
    if resume:
        _check_resumable(folder, held)
        _check_alike(folder, recipe)
    elif held or (folder.exists() and not folder.is_dir()):
        way_out = "go on with it by --resume, or " if RECIPE in held else ""
        raise UsageError(f"{folder} exists: {way_out}set name=… for another run")


def _check_resumable(folder: Path, held: Sequence[str]) -> None:
    """UsageError where a folder that holds these lacks what a run needs to go on."""
    if not held:
        raise UsageError(f"{folder} holds no run to resume: leave out --resume to begin one")
    if RECIPE not in held:
        raise UsageError(
            f"{folder} has lost its {RECIPE}: put it there again, or set name=… for another run"
        )
    if MODEL in held and not saved(folder / CHECKPOINTS):
        raise UsageError(
            f"{folder / CHECKPOINTS} holds nothing to resume from: begin another run by name=… "
            f"with the weights of this one, train.start={folder / MODEL}"
        )


def _check_alike(folder: Path, recipe: Recipe) -> None:
    """UsageError where a run was begun with another recipe."""
    changed = [
        key
        for key in differences(read(folder / RECIPE, recorded=True).dump(), recipe.dump())
        if key not in _MAY_CHANGE
    ]
    if changed:
        raise UsageError(
            f"{folder} was begun with another recipe: {', '.join(changed)} differ; resume it with "
            f"{folder / 'recipe.toml'}, or set name=… for another run"
        )


def in_its_precision(recipe: Recipe, folder: Path) -> Recipe:
    """Return the recipe in the precision that its run was begun in, unless it names one itself.

    Warns where the run changes its precision, and where this machine would have begun in another.
    """
    from ebgan_kit.recipe.device import device_of, made_for_bf16  # torch; `trained` does without

    recorded = folder / RECIPE
    if not recorded.exists():  # another host's
        return recipe
    begun, asked = read(recorded, recorded=True).train.precision, recipe.train.precision
    if asked not in ("auto", begun):
        warnings.warn(f"{folder} was begun in {begun}, and goes on in {asked}", stacklevel=2)
        return recipe
    if asked == "auto" and begun == "float32" and made_for_bf16(device_of(recipe.train)):
        warnings.warn(
            f"{folder} was begun in float32, and goes on in it; this machine is made for bf16: set "
            "train.precision=bf16 to change over",
            stacklevel=2,
        )
    return replace(recipe, train=recipe.train.model_copy(update={"precision": begun}))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
    """Return the keys, as table.key, that two resolved recipes do not share; watchers apart."""
    found = []
    for name in sorted({*before, *after} - {"watch"}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += [f"{name}.{k}" for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
        elif old != new:
            found.append(name)
    return found
