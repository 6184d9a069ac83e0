"""Edit faces by example: train, measure, share and use networks that edit faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebgan_kit.registry import moved as _moved

if TYPE_CHECKING:
    from ebgan_kit.editing.editor import Editor, load
    from ebgan_kit.editing.mark import Mark
    from ebgan_kit.editing.request import Change
    from ebgan_kit.errors import UsageError
    from ebgan_kit.recipe.recipe import parse, read
    from ebgan_kit.regions import REGIONS
    from ebgan_kit.registry.hookspecs import hookimpl
    from ebgan_kit.registry.was import Was
    from ebgan_kit.rng import Chance, of_pairs
    from ebgan_kit.training.trainer import train
    from ebgan_kit.types import (
        LANDMARKS,
        PARTS,
        Edit,
        Faces,
        Networks,
        Task,
        Verdict,
        composite,
        frozen,
        region_of,
        wanted_attributes,
    )

__all__ = [
    "LANDMARKS", "PARTS", "REGIONS", "Chance", "Change", "Edit", "Editor", "Faces", "Mark",
    "Networks", "Task", "UsageError", "Verdict", "Was", "composite", "frozen", "hookimpl", "load",
    "of_pairs", "parse", "read", "region_of", "train", "wanted_attributes",
]  # fmt: skip

_HOMES = {
    "Change": "editing.request", "Editor": "editing.editor", "load": "editing.editor",
    "Mark": "editing.mark",
    "Edit": "types", "Faces": "types", "Networks": "types", "Task": "types", "Verdict": "types",
    "LANDMARKS": "types", "PARTS": "types", "REGIONS": "regions",
    "composite": "types", "frozen": "types", "region_of": "types", "wanted_attributes": "types",
    "Chance": "rng", "of_pairs": "rng", "UsageError": "errors", "Was": "registry.was",
    "hookimpl": "registry.hookspecs", "parse": "recipe.recipe", "read": "recipe.recipe",
    "train": "training.trainer",
}  # fmt: skip

_moved.install()


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: torch takes seconds, and help must not."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"ebgan_kit has no {name}")
    value = getattr(import_module(f"ebgan_kit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
