"""One side of a bench, in a process of its own: it trains as it is told, and says how long it took.

    python -m ebgan_kit.evaluation.speed.worker kit|plain|UNDO RECIPE FOLDER [OVERRIDE]...

`UNDO` is a function, as `package.module:name`, that takes one of the kit's choices back first.
It prints when it has trained its first step, as the system's clock says. Then each line of its
input is a JSON list, an action and what the action takes, and each line it prints the answer.
"""

from __future__ import annotations

import json
import pkgutil
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from ebgan_kit.editing.batch import TOGETHER
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.speed.bare import bare
from ebgan_kit.evaluation.speed.machine import bandwidth, peaks, seconds
from ebgan_kit.evaluation.speed.plain import plain
from ebgan_kit.evaluation.speed.roofline import Layer, floor, layers_of
from ebgan_kit.images.pictures import image_of
from ebgan_kit.parts.data.loading import open_data
from ebgan_kit.recipe.device import DTYPES, device_of, settled
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.regions import hidden_attributes
from ebgan_kit.training import memory
from ebgan_kit.training.trainer import Training
from ebgan_kit.types import Faces

_MAXRSS = 2**20 if sys.platform == "darwin" else 2**10
"""Of a MiB in the unit in which a system says a process's memory: bytes, or KiB."""

_PHOTOGRAPHS = 512
"""How many JPEG files `plain` reads again and again."""


class Kit(Training):
    """A run as `ebgan-kit run` makes it, on its data or on one batch of them again and again."""

    repeats = False

    def begin(self) -> Iterator[int]:
        """The run's steps; watchers are told of them as in any run."""
        self.prepare()
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.watchers() as tell:
            yield from self.steps(tell)

    def batches(self) -> Iterator[tuple[int, Faces, Tensor]]:
        fresh = super().batches()
        while True:
            if not self.repeats:
                _, faces, places = next(fresh)
            yield self.clock, faces, places


class Contestant:
    """Steps, and what can be asked of them."""

    def __init__(self, name: str, recipe: Recipe, folder: Path) -> None:
        self.recipe = recipe = replace(recipe, train=settled(recipe.train))
        if ":" in name:
            pkgutil.resolve_name(name)()
        if name != "plain" and device_of(recipe.train).type == "cpu":
            memory.keep_freed_memory()  # as the command line does
        self.kit = Kit(recipe, folder) if name != "plain" else None
        self.steps = self.kit.begin() if self.kit else _plain(recipe, folder)
        self.bare_steps: Iterator[None] | None = None
        self.layers: list[Layer] = []
        self.editor: Editor | None = None
        next(self.steps)

    @property
    def device(self) -> torch.device:
        return device_of(self.recipe.train)

    def train(self, count: int) -> float:
        """Seconds that so many steps take."""
        return seconds(lambda: [next(self.steps) for _ in range(count)], self.device)

    def repeat(self, count: int) -> float:
        """The same on one batch, which costs no reading."""
        assert self.kit is not None
        self.kit.repeats = True
        taken = self.train(count)
        self.kit.repeats = False
        return taken

    def in_turn(self, count: int, least: int) -> dict[str, float]:
        """Seconds a step as ever, on one batch, and without the kit, of so many steps each.

        They take turns every few steps, and in one process: two processes, or two moments, may
        differ by more than what is to be found.
        """
        sides = {"kit": self.train, "repeat": self.repeat, "bare": self.bare}
        taken = dict.fromkeys(sides, 0.0)
        self.train(least)  # the first after something else is slower
        for _ in range(count // least):
            for name, steps in sides.items():
                taken[name] += steps(least) / count
        return taken

    def bare(self, count: int) -> float:
        """Seconds that so many steps take without the kit, on one batch."""
        assert self.kit is not None
        if self.bare_steps is None:
            index = torch.arange(self.recipe.train.batch)
            faces = self.kit.data.__getitems__(index.tolist()).to(self.device)
            self.bare_steps = bare(self.recipe, faces, index.to(self.device))
            next(self.bare_steps)
        steps = self.bare_steps
        return seconds(lambda: [next(steps) for _ in range(count)], self.device)

    def precision(self) -> str:
        """In which the recipe trains here."""
        return self.recipe.train.precision

    def memory(self) -> float:
        """The most memory that was in use so far, in MiB: the device's, or this process's."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**20
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MAXRSS

    def profile(self) -> str:
        """Where the time of three steps goes."""
        device = ProfilerActivity.CUDA if self.device.type == "cuda" else ProfilerActivity.CPU
        with profile(activities={ProfilerActivity.CPU, device}) as found:
            self.train(3)
        by = "self_cpu_time_total" if self.device.type == "cpu" else "self_device_time_total"
        return found.key_averages().table(sort_by=by, row_limit=25, max_name_column_width=60)

    def edit(self) -> dict[str, float]:
        """Seconds that an edit takes with the model loaded, and edits per second, many at once."""
        assert self.kit is not None
        if self.editor is None:
            self.kit.save()
            self.editor = load(self.kit.folder / "model.safetensors", self.device)
        editor, (exemplar, *sources) = self.editor, self._pictures()
        change = Change(exemplar, "mouth", attributes=self._said())
        one = [partial(editor.edit, source, [change]) for source in sources]
        alone = [seconds(edit, self.device) for edit in one]
        requests = [Request(source, [change]) for source in sources]
        together = seconds(lambda: editor.edit_all(requests), self.device)
        return {"edit": statistics.median(alone), "edits": len(sources) / together}

    def _said(self) -> dict[str, bool]:
        """The switches of a model that has no classifier to find attributes in the exemplar."""
        assert self.editor is not None
        header = self.editor.header
        names = () if header.edits_unasked else header.attributes
        return {name: True for name in names if not hidden_attributes([name], ["mouth"])}

    def _pictures(self) -> list[Image.Image]:
        assert self.kit is not None
        faces = self.kit.data.__getitems__(list(range(TOGETHER + 1)))
        return [image_of(image) for image in faces.image]

    def limits(self) -> dict[str, Any]:
        """What the machine can do just now, and the least seconds that a step takes on it."""
        self.layers = self.layers or layers_of(lambda: next(self.steps))
        found = peaks(self.layers, self.device)
        best = {dtype: max(figures.values()) for dtype, figures in found.items()}
        copied = bandwidth(DTYPES[self.recipe.train.precision], self.device)
        names = {dtype: str(dtype).removeprefix("torch.") for dtype in found}
        return {
            "floor": floor(self.layers, best, copied),
            "operations": sum(layer.operations for layer in self.layers),
            "machine": {
                f"{names[dtype]}_{what}_gflops": figure / 1e9
                for dtype, figures in found.items()
                for what, figure in figures.items()
            }
            | {"copy_gbs": copied / 1e9},
        }


def _plain(recipe: Recipe, folder: Path) -> Iterator[None]:
    """Its photographs are written first, so that it has some of drawn faces, too."""
    data = open_data(recipe)
    faces = data.__getitems__(range(min(_PHOTOGRAPHS, len(data))))
    folder.mkdir(parents=True)
    files = [folder / f"{row}.jpg" for row in range(len(faces))]
    for image, file in zip(faces.image, files, strict=True):
        image_of(image).save(file, quality=95)
    return plain(recipe, files, faces, device_of(recipe.train))


def main(name: str, path: str, folder: str, *overrides: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # a watcher may print what it likes
    contestant = Contestant(name, read(path, overrides), Path(folder))
    print(json.dumps(time.time()), file=answers, flush=True)
    for line in sys.stdin:
        action, *given = json.loads(line)
        answer = getattr(contestant, action)(*given)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UsageError as problem:
        sys.exit(str(problem))
