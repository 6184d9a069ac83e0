"""The networks of a run, built from a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ebgan_kit.errors import UsageError
from ebgan_kit.faces import Task
from ebgan_kit.recipe import Recipe


@dataclass(frozen=True)
class Networks:
    """What a term may look at beside the edit."""

    model: Any
    """An `nn.Module`: (source, exemplar, wanted) -> Edit."""
    discriminator: Any
    """An `nn.Module`: (image, attributes) -> Verdict; None where none judges."""

    @property
    def critic(self) -> nn.ModuleList:
        """The networks that the critic's half of a step trains."""
        return nn.ModuleList([n for n in (self.discriminator,) if n is not None])


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return Build(recipe, task).model()


def build_networks(recipe: Recipe) -> Networks:
    """All networks of the recipe with fresh weights, seeded by it."""
    task = Task(recipe.size, recipe.attributes)
    model = build_model(recipe, task)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed + 1)
        wanted = "discriminator" in recipe.tables
        return Networks(model, Build(recipe, task)("discriminator") if wanted else None)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Gradients pass through the network and reach none of its weights."""
    trained = [p for p in network.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
