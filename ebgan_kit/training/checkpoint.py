"""Checkpoints: everything that a run needs to go on as if it had not stopped.

All that is random is a function of the seed and the clock, so the state of no random generator is
kept.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ebgan_kit.errors import UsageError


def save(folder: Path, clock: int, parts: Mapping[str, Any], keep: int) -> None:
    """Write `folder/CLOCK.pt` with the state of each part, whole or not at all; the `keep` newest
    stay."""
    folder.mkdir(exist_ok=True)
    part = folder / "unfinished.part"  # of one name, since it is large: a killed run leaves one
    torch.save(_state(clock, parts), part)
    os.replace(part, folder / f"{clock:012d}.pt")
    for old in _checkpoints(folder)[:-keep]:
        old.unlink()


def restore(folder: Path, parts: Mapping[str, Any]) -> int:
    """Load the newest checkpoint into the parts; its clock, 0 where there is none."""
    found = _checkpoints(folder)
    if not found:
        return 0
    try:
        return _load(found[-1], parts)
    except (RuntimeError, KeyError, ValueError, EOFError, OSError) as problem:
        raise UsageError(
            f"{found[-1]}: cannot be resumed from ({problem}); delete it to resume from an older"
        ) from problem


def packed(clock: int, parts: Mapping[str, Any]) -> bytes:
    """Return the bytes that `save` would write, for another process."""
    file = io.BytesIO()
    torch.save(_state(clock, parts), file)
    return file.getvalue()


def unpack(state: bytes, parts: Mapping[str, Any]) -> int:
    """Load what another process has `packed`; its clock."""
    return _load(io.BytesIO(state), parts)


def _state(clock: int, parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"clock": clock} | {name: part.state_dict() for name, part in parts.items()}


def _load(file: Path | io.BytesIO, parts: Mapping[str, Any]) -> int:
    # weights_only: a checkpoint holds numbers, and may not bring code
    state = torch.load(file, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["clock"]


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pt"))
