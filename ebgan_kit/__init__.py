"""Edit faces by example: train, measure, share and use networks that edit faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebgan_kit.editing.editor import load
    from ebgan_kit.editing.request import Change
    from ebgan_kit.errors import UsageError
    from ebgan_kit.recipe.recipe import read
    from ebgan_kit.registry.hookspecs import hookimpl
    from ebgan_kit.registry.was import Was
    from ebgan_kit.training.trainer import train
    from ebgan_kit.types import Edit, Faces, Task, Verdict

__all__ = [
    "Change", "Edit", "Faces", "Task", "UsageError", "Verdict", "Was", "hookimpl", "load", "read",
    "train",
]  # fmt: skip

_HOMES = {
    "Change": "editing.request", "load": "editing.editor",
    "Edit": "types", "Faces": "types", "Task": "types", "Verdict": "types",
    "UsageError": "errors", "Was": "registry.was",
    "hookimpl": "registry.hookspecs", "read": "recipe.recipe", "train": "training.trainer",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: torch takes seconds, and help must not."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"ebgan_kit has no {name}")
    value = getattr(import_module(f"ebgan_kit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
