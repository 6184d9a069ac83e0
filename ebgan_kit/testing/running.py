"""Checks of what accompanies a run: optimiser, schedule, watcher."""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ebgan_kit.recipe.recipe import Recipe, parse
from ebgan_kit.testing.drawn import drawn_edit, drawn_networks
from ebgan_kit.testing.subject import Subject, subject_of
from ebgan_kit.training.trainer import Run


def check_optimizer(part: Callable[..., Any], /, **keys: Any) -> None:
    """An optimiser: weights to a `torch.optim.Optimizer`.

    A step takes each weight against its gradient and leaves one without a gradient alone; what is
    saved and loaded goes on as if it had not been.
    """
    subject = subject_of("optimizer", part, keys)
    weights = _weights()
    optimizer = subject.build(weights)
    subject.require(isinstance(optimizer, torch.optim.Optimizer), "gives no torch.optim.Optimizer")
    subject.require(
        all(group.get("lr", 0) > 0 for group in optimizer.param_groups),
        "has no rate `lr` for a schedule to change, in each of its groups",
    )
    _step(optimizer, weights)
    rising, falling, untouched = weights
    subject.require(
        (rising < 0).all() and (falling > 0).all(),
        "does not take each weight against its gradient",
    )
    subject.require(not untouched.any(), "changes a weight that has no gradient")
    _check_resume(subject, optimizer, weights)


def _check_resume(subject: Subject, optimizer: Any, weights: list[nn.Parameter]) -> None:
    twins = _weights()
    for twin, weight in zip(twins, weights, strict=True):
        twin.data.copy_(weight)
    other = subject.build(twins)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    _step(optimizer, weights)
    _step(other, twins)
    subject.require(
        all(map(torch.equal, weights, twins)),
        "goes on otherwise when it is saved and loaded: what it remembers belongs in state_dict()",
    )


def _weights() -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros(3)) for _ in range(3)]


def _step(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter]) -> None:
    """A step on gradients of 1, of -1, and of none."""
    weights[0].grad, weights[1].grad = torch.ones(3), -torch.ones(3)
    optimizer.step()


def check_schedule(part: Callable[..., Any], /, **keys: Any) -> None:
    """A schedule: progress from 0 to 1 to the rate's factor in [0, 1], above 0 somewhere."""
    subject = subject_of("schedule", part, keys)
    schedule = subject.build()
    places = [step / 200 for step in range(201)]
    with subject.still():
        factors = [schedule(progress) for progress in places]
    for progress, factor in zip(places, factors, strict=True):
        subject.require(
            isinstance(factor, float | int) and math.isfinite(factor) and 0 <= factor <= 1,
            f"gives {factor!r} at progress {progress}: a factor is a number in [0, 1]",
        )
    subject.require(max(factors) > 0, "gives 0 all along: nothing would be trained")
    subject.require(factors == [schedule(p) for p in places], "gives other factors the second time")


_RECIPE = {
    "name": "watched",
    "model": {"use": "ebgan"},
    "data": {"use": "synthetic"},
    "mask": {"use": "region"},
    "train": {"images": 8, "batch": 4},
}

_EVENTS = ("step", "report", "sample", "stop")


def check_watch(part: Callable[..., Any], /, **keys: Any) -> None:
    """A watcher: made with a `Run`, told of `step`, `report`, `sample` and `stop`.

    It has a method for one of them at least, gets through a run, through one that is resumed in the
    same folder, and through one that stops at once; it changes neither the images that it is shown
    nor random numbers.
    """
    subject = subject_of("watch", part, keys)
    recipe = parse(_RECIPE)
    with tempfile.TemporaryDirectory() as folder:
        for clock in (0, 4):  # a run, and the same one resumed
            _watch(subject, recipe, Path(folder), clock)
    with tempfile.TemporaryDirectory() as folder:
        _tell(subject.build(_run(recipe, Path(folder), 0)), "stop")


def _watch(subject: Subject, recipe: Recipe, folder: Path, clock: int) -> None:
    run = _run(recipe, folder, clock)
    shown = run.preview()
    images = shown.image.clone()
    with subject.still():
        watcher = subject.build(run)
        subject.require(
            any(hasattr(watcher, event) for event in _EVENTS),
            f"sees nothing: it has no method {', '.join(_EVENTS)}",
        )
        for now in range(clock + 4, 9, 4):
            _tell(watcher, "step", now)
            _tell(watcher, "report", now, {"reconstruction": 0.5, "images_per_second": 9.0})
            _tell(watcher, "sample", now)
        _tell(watcher, "stop")
    subject.require(torch.equal(images, shown.image), "changes the images that it is shown")


def _tell(watcher: Any, event: str, *given: Any) -> None:
    if hasattr(watcher, event):
        getattr(watcher, event)(*given)


def _run(recipe: Recipe, folder: Path, clock: int) -> Run:
    with torch.no_grad():
        edit = drawn_edit(drawn_networks())
    return Run(recipe, folder, clock, lambda: edit)
