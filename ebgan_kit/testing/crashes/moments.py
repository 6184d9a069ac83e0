"""Moments at which a run is killed: most of them while it saves."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import safetensors.torch
import torch

_OPERATIONS: tuple[tuple[str, Any, str], ...] = (
    ("write", torch, "save"),
    ("write", safetensors.torch, "save_file"),
    ("write", Path, "write_text"),
    ("renaming", os, "replace"),
    ("deletion", os, "unlink"),
)
"""The functions by which a run changes its files."""

_PATHS = {
    "checkpoint": "checkpoints/",
    "model file": "model.safetensors",
    "recipe": "recipe.toml",
    "metrics": "metrics.jsonl",
}
"""Per file of a run: what its path has in it, and the path of its draft, too."""

_DECK: tuple[tuple[str, ...], ...] = (
    *[("during", "write", "checkpoint")] * 3,
    *[("before", "renaming", "checkpoint")] * 2,
    *[("after", "renaming", "checkpoint")] * 3,
    ("before", "deletion", "checkpoint"),
    ("after", "deletion", "checkpoint"),
    *[("during", "write", "model file")] * 3,
    *[("before", "renaming", "model file")] * 2,
    *[("after", "renaming", "model file")] * 2,
    ("during", "write", "recipe"),
    ("after", "renaming", "recipe"),
    ("during", "write", "metrics"),
    ("after", "renaming", "metrics"),
    *[()] * 6,
)
"""Moments of saving, the more often the more a run could lose then; () is a random time."""


@dataclass(frozen=True)
class Moment:
    """A moment of saving, at which the first process of a run kills itself.

    It comes `before`, `during` or `after` the `turn`-th time that the process does the `operation`
    to the `file`. A write is cut after a `share` of its bytes, in [0, 1).
    """

    when: str
    operation: str
    file: str
    turn: int
    share: float

    def __str__(self) -> str:
        return f"{self.when} the {self.operation} of the {self.file}"


@dataclass(frozen=True)
class Delay:
    """A time in seconds after the start, at which the `victims`, by their ranks, are killed."""

    seconds: float
    victims: tuple[int, ...]

    def __str__(self) -> str:
        return "at a random time"


class Deck:
    """A shuffled deck of moments: all are drawn before one is drawn again."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.cards: list[tuple[str, ...]] = []

    def draw(self, processes: int, seconds: float) -> Moment | Delay:
        """Draw a moment for so many processes, whose undisturbed run takes so many seconds."""
        random = self.random
        self.cards = self.cards or random.sample(_DECK, len(_DECK))
        card = self.cards.pop()
        if not card:
            ranks = range(processes)
            victims = random.choice([*((rank,) for rank in ranks), tuple(ranks)])
            return Delay(random.uniform(0, seconds), victims)
        when, operation, file = card
        once = file in ("recipe", "metrics")  # when a run begins or goes on
        return Moment(when, operation, file, 1 if once else random.randint(1, 2), random.random())


def arm(moment: Moment) -> None:
    """Let this process kill itself at a moment."""
    turns = itertools.count(1)

    def comes(path: str) -> bool:
        """Tell whether this is the moment, when the operation is done to a path."""
        return _PATHS[moment.file] in path and next(turns) == moment.turn

    for operation, owner, name in _OPERATIONS:
        if operation == moment.operation:
            setattr(owner, name, _deadly(getattr(owner, name), moment, comes))


def _deadly(
    function: Callable[..., Any], moment: Moment, comes: Callable[[str], bool]
) -> Callable[..., Any]:
    """The function, at one call of which the process dies."""

    def call(*given: Any, **options: Any) -> Any:
        path = next((str(one) for one in given if isinstance(one, str | Path)), "")
        now = comes(path)
        if now and moment.when == "before":
            _die()
        result = function(*given, **options)
        if now and moment.when == "during":  # what a write has left that came so far
            os.truncate(path, int(moment.share * os.path.getsize(path)))
        if now:
            _die()
        return result

    return call


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
