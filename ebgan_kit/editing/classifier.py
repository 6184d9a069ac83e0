"""A classifier in use: what a face shows, by the weights in a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import find_breakage, read_photographs
from ebgan_kit.modelfile.build import Build
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Task


@dataclass(frozen=True)
class Judge:
    """C of a model file: of a judge, or of a model that was trained beside one."""

    attributes: tuple[str, ...]
    """What it sees, in the order of its columns."""
    size: int
    """Height and width of the faces that it sees."""
    name: str
    """The part that it is, and its run."""
    network: Any
    device: torch.device | str

    @torch.no_grad()
    def __call__(self, image: Tensor) -> Tensor:
        """Images [B, 3, H, W] in [-1, 1], reduced to its size, to probabilities [B, n]."""
        return self.network(self._seen(image)).float().sigmoid().to(image.device)

    @torch.no_grad()
    def features(self, image: Tensor) -> Tensor:
        """[B, F]: what the classifier's last layer reads."""
        return self.network.features(self._seen(image)).float().to(image.device)

    def finds(self, image: Tensor) -> Tensor:
        """[B, n] in {0, 1}: what it says that the faces show."""
        return (self(image) > 0.5).float()

    def opinion(self, image: Tensor) -> list[Mapping[str, float]]:
        """The probability of each attribute, for each face."""
        return [dict(zip(self.attributes, row, strict=True)) for row in self(image).tolist()]

    def _seen(self, image: Tensor) -> Tensor:
        """[B, 3, size, size], as photographs are reduced that it was trained on."""
        image = image.to(self.device)
        if image.shape[-1] == self.size:
            return image
        return interpolate(image, (self.size, self.size), mode="bicubic", antialias=True).clamp(
            -1, 1
        )


def load_judge(path: ModelFile | Path | str, device: torch.device | str | None = None) -> Judge:
    """The classifier in a model file; UsageError where there is none."""
    file = ModelFile.open(path)
    task = Task(file.header.size, tuple(file.header.attributes), pretrained=False)
    judge = judge_of(file, file.recipe("classifier"), task, device or "cpu")
    if judge is None:
        raise UsageError(
            f"{file}: has no classifier: train a judge by one of the recipes judge-*.toml"
        )
    return judge


def judge_of(
    file: ModelFile, recipe: Recipe, task: Task, device: torch.device | str
) -> Judge | None:
    """The classifier of a file whose recipe is known; None where it has none."""
    if "classifier" not in recipe.tables:
        return None
    with file.size_guard():
        network = Build(recipe, task)("classifier").eval().requires_grad_(False)
    try:
        file.load_into(None, network)
    except ValueError as problem:
        raise UsageError(f"{file}: its classifier's weights are not its recipe's") from problem
    name = f"{recipe.tables['classifier'].part.name} of {recipe.name}"
    return Judge(task.attributes, task.size, name, network.to(device), device)


def describe(
    path: ModelFile | Path | str, photographs: Sequence[Path]
) -> dict[str, Mapping[str, float]]:
    """The probability of each attribute in the middle square of each photograph, by its name."""
    judge = load_judge(path)
    faults = [f"{face} {why}" for face in photographs if (why := find_breakage(face))]
    if faults:
        raise UsageError("\n".join(faults))
    opinions = judge.opinion(read_photographs(photographs, judge.size))
    return dict(zip(map(str, photographs), opinions, strict=True))
