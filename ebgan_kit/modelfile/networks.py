"""The networks of a run, built from a recipe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.hub import local
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


_CLASSIFIER = "classifier."
"""Where C's weights stand in a model file, whether C is a judge's own or beside a model."""


def shared_weights(model: nn.Module, classifier: nn.Module | None) -> dict[str, Tensor]:
    """What a model file holds: the model's weights, and C's where there is one beside it."""
    theirs = {} if classifier is None else classifier.state_dict()
    return model.state_dict() | {_CLASSIFIER + name: value for name, value in theirs.items()}


def load_weights(
    path: Path | str, model: nn.Module | None, classifier: nn.Module | None = None
) -> None:
    """A model file's weights into the model, into C beside it, or into one of them alone.

    ValueError where they are of other networks.
    """
    weights = load_file(local(path))
    theirs = {
        name.removeprefix(_CLASSIFIER): value
        for name, value in weights.items()
        if name.startswith(_CLASSIFIER)
    }
    try:
        if classifier is not None:
            classifier.load_state_dict(theirs)
        if model is not None:
            own = {n: v for n, v in weights.items() if not n.startswith(_CLASSIFIER)}
            model.load_state_dict(weights if _owns_classifier(model) else own)
    except RuntimeError as problem:
        raise ValueError(str(problem).splitlines()[-1].strip()) from problem


@contextmanager
def no_larger_than(path: Path | str) -> Iterator[None]:
    """Networks that are built meanwhile stop at a size that a model file's weights cannot have.

    A stranger's recipe then costs no more memory than its file is worth. timm builds more than it
    keeps of a backbone, hence the room. UsageError where they are larger.
    """
    with safe_open(local(path), framework="pt") as file:
        sizes = [math.prod(file.get_slice(name).get_shape()) for name in file.keys()]  # noqa: SIM118
    room, count = 4 * sum(sizes) + 250_000_000, 4 * len(sizes) + 10_000

    def look(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        nonlocal room, count
        room -= 0 if parameter is None else parameter.numel()
        count -= 1
        if room < 0 or count < 0:
            raise UsageError(f"{path}: its recipe asks for networks far larger than its weights")

    handle = register_module_parameter_registration_hook(look)
    try:
        yield
    except (RuntimeError, MemoryError) as problem:  # torch's, for more than there is
        first = str(problem).partition("\n")[0]
        raise UsageError(f"{path}: its recipe's networks cannot be built: {first}") from problem
    finally:
        handle.remove()


def _owns_classifier(model: nn.Module) -> bool:
    return any(name.startswith(_CLASSIFIER) for name in model.state_dict())
