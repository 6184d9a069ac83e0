"""Checkpoints: everything that a run needs to go on as if it had not stopped.

All that is random is a function of the seed and the clock, so the state of no random generator is
kept.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import make_folder, settle
from ebgan_kit.training.optimizer_state import check_state

_DRAFT = "unfinished.part"
"""Of one name, since it is large: a killed run leaves one."""

_UNTIL_0_4: Mapping[str, Any] = {"means": {}}
"""What the checkpoints of older versions do not hold."""


def save(folder: Path, clock: int, parts: Mapping[str, Any], keep: int) -> None:
    """Write `folder/CLOCK.pt` with the state of each part, whole or not at all; the `keep` newest
    stay.

    UsageError where it cannot be written, with the checkpoint that stands.
    """
    make_folder(folder)
    part = folder / _DRAFT
    try:
        torch.save(_state(clock, parts), part)
        settle(part)
        os.replace(part, folder / f"{clock:012d}.pt")
    except (OSError, RuntimeError) as problem:  # the latter is torch's, where a disk is full
        part.unlink(missing_ok=True)
        raise UsageError(f"{part}: cannot be written ({problem}); {stands(folder)}") from problem
    tidy(folder, keep)


def tidy(folder: Path, keep: int) -> None:
    """Delete what a save leaves where it is killed: a draft, and more checkpoints than `keep`."""
    (folder / _DRAFT).unlink(missing_ok=True)
    for old in saved(folder)[:-keep]:
        old.unlink()


def stands(folder: Path) -> str:
    """Say which checkpoint a run has to go on from."""
    found = saved(folder)
    return f"{found[-1]} stands" if found else "nothing was saved before"


def not_finite(parts: Mapping[str, Any]) -> list[str]:
    """Return the names of the parts whose state holds NaN or infinity."""
    return [name for name, part in parts.items() if not _is_finite(part.state_dict())]


def restore(folder: Path, parts: Mapping[str, Any]) -> int:
    """Load the newest checkpoint into the parts; its clock, 0 where there is none."""
    found = saved(folder)
    if not found:
        return 0
    try:
        clock = _load(found[-1], parts)
        if broken := not_finite(parts):
            raise ValueError(f"{', '.join(broken)} hold NaN or infinity")
    except Exception as problem:  # a damaged file raises almost anything
        why = _reason(problem)
        raise UsageError(
            f"{found[-1]}: cannot be resumed from ({why}); delete it to resume from an older"
        ) from problem
    return clock


def _reason(problem: Exception) -> str:
    """What is wrong with a checkpoint; torch's own words would have one run what it brings."""
    if isinstance(problem, pickle.UnpicklingError):
        return "it holds other things than numbers, or is damaged"
    return str(problem).partition("\n")[0] or type(problem).__name__


def packed(clock: int, parts: Mapping[str, Any]) -> bytes:
    """Return the bytes that `save` would write, for another process."""
    file = io.BytesIO()
    torch.save(_state(clock, parts), file)
    return file.getvalue()


def unpack(state: bytes, parts: Mapping[str, Any]) -> int:
    """Load what another process has `packed`; its clock."""
    return _load(io.BytesIO(state), parts)


def _is_finite(state: Any) -> bool:
    """Tell whether all numbers of a state are finite, however deep they stand in it."""
    if isinstance(state, torch.Tensor):
        return bool(state.isfinite().all())
    if isinstance(state, Mapping):
        return all(map(_is_finite, state.values()))
    return not isinstance(state, list | tuple) or all(map(_is_finite, state))


def _state(clock: int, parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"clock": clock} | {name: part.state_dict() for name, part in parts.items()}


def _load(file: Path | io.BytesIO, parts: Mapping[str, Any]) -> int:
    # weights_only: a checkpoint holds numbers, and may not bring code
    state = {**_UNTIL_0_4, **torch.load(file, map_location="cpu", weights_only=True)}
    for name, part in parts.items():
        if hasattr(part, "param_groups"):
            check_state(part, state[name])
        part.load_state_dict(state[name])
    return int(state["clock"])


def saved(folder: Path) -> list[Path]:
    """Return a run's checkpoints, the newest last; a copy under another name is none."""
    return sorted(path for path in folder.glob("*.pt") if path.stem.isdecimal())
