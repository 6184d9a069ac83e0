"""The networks of a run, built from a recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Networks, Task


class Build:
    """Builds the parts of a recipe's tables, and remembers which were asked for."""

    def __init__(self, recipe: Recipe, task: Task) -> None:
        self.recipe, self.task = recipe, task
        self.used: set[str] = set()

    def __call__(self, kind: str, *given: Any) -> Any:
        """The part of the table [kind], built for the task; `given` is what its kind takes more."""
        if kind not in self.recipe.tables:
            raise UsageError(f"the model {self._model} needs a table [{kind}]")
        self.used.add(kind)
        return self.recipe.tables[kind].build(self.task, *given)

    @property
    def _model(self) -> str:
        return self.recipe.tables["model"].part.name

    def model(self) -> nn.Module:
        """The model; UsageError where the recipe has a network's table that the model ignores."""
        model = self.recipe.tables["model"].build(self.task, self)
        for kind in MODEL[1:]:
            if kind in self.recipe.tables and kind not in self.used:
                raise UsageError(f"the model {self._model} has no use for [{kind}]: take it out")
        return model


MODEL = ("model", "encoder", "generator")
"""The kinds of which a model is made."""


def build_model(recipe: Recipe, task: Task) -> nn.Module:
    """The recipe's model with fresh weights, seeded by the recipe."""
    return _seeded(recipe.seed, Build(recipe, task).model)


def build_networks(recipe: Recipe) -> Networks:
    """All networks of the recipe with fresh weights, seeded by it."""
    build = Build(recipe, Task(recipe.size, recipe.attributes))
    model = _seeded(recipe.seed, build.model)
    critics = (
        _seeded(recipe.seed + number, build, kind)
        if kind in recipe.tables and kind not in build.used
        else None
        for number, kind in enumerate(("discriminator", "classifier"), 1)
    )
    return Networks(model, *critics)


def _seeded(seed: int, build: Callable[..., Any], *given: Any) -> Any:
    """What `build` makes with torch's own random numbers started at the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(*given)
