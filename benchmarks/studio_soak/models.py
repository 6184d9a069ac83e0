"""Two models that the studio offers: a plain one, and one with switches."""

from __future__ import annotations

import shutil
from pathlib import Path

from ebgan_kit.recipe.recipe import read
from ebgan_kit.training.trainer import train

RECIPES = Path(__file__).resolve().parents[2] / "recipes"

SHORT = ("data.count=64", "train.images=64", "train.batch=16", "train.precision=float32")
"""Four steps: an edit costs what it costs, and need not be a good one."""


def models(folder: Path, runs: Path) -> list[Path]:
    """Train them; their files' names in a folder."""
    return [Path(_model(name, folder, runs)) for name in ("att-ebgan-quickstart", "quickstart")]


def _model(name: str, folder: Path, runs: Path) -> str:
    trained = train(read(RECIPES / f"{name}.toml", SHORT), runs / name)
    return shutil.copy(trained, folder / f"{name}.safetensors").name
