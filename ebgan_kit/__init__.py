"""Edit faces by example: train, measure, share and use networks that edit faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebgan_kit.editor import load
    from ebgan_kit.errors import UsageError
    from ebgan_kit.faces import Edit, Faces, Task, Verdict
    from ebgan_kit.hookspecs import hookimpl
    from ebgan_kit.recipe import read
    from ebgan_kit.request import Change
    from ebgan_kit.training import train

__all__ = [
    "Change", "Edit", "Faces", "Task", "UsageError", "Verdict", "hookimpl", "load", "read", "train",
]  # fmt: skip

_HOMES = {
    "Change": "request",
    "Edit": "faces", "Faces": "faces", "Task": "faces", "Verdict": "faces", "UsageError": "errors",
    "hookimpl": "hookspecs", "load": "editor", "read": "recipe", "train": "training",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: torch takes seconds, and help must not."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"ebgan_kit has no {name}")
    value = getattr(import_module(f"ebgan_kit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
