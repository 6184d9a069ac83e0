"""The progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from ebgan_kit.recipe.device import in_words


class Progress:
    """Shows a bar with images, rate, time left and every term; without a terminal, plain lines."""

    def __init__(self, run: Any) -> None:
        self.console = Console(stderr=True, emoji=False)
        self.bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[terms]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        name, images = run.recipe.name, run.recipe.train.images
        begins = f"{name}: {images:,} images {in_words(run.recipe.train)}"
        self.console.print(begins, soft_wrap=True, highlight=False, markup=False)
        self.task = self.bar.add_task(name, total=images, completed=run.clock, terms="")
        self.bar.start()

    def step(self, clock: int) -> None:
        self.bar.update(self.task, completed=clock)

    def report(self, clock: int, values: Mapping[str, float]) -> None:
        terms = "  ".join(f"{_short(name)} {value:.3g}" for name, value in values.items())
        self.bar.update(self.task, terms=terms)
        if not self.console.is_terminal:
            line = f"{clock:>9} images  {terms}"
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)

    def stop(self) -> None:
        self.bar.stop()


def _short(name: str) -> str:
    return {"images_per_second": "images/s"}.get(name, name)
