"""How fast a recipe trains: beside plain code, beside its own bare step, and beside the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.estimate import quartiles
from ebgan_kit.recipe.recipe import Recipe, read

TURN = 0.5
"""Seconds that a turn takes at least: short, so that a noisy machine is alike in all of a round."""

_NEVER = 10**15
UNDISTURBED = [f"train.{key}={_NEVER}" for key in ("images", "sample_every", "checkpoint_every")]
"""A bench has no end, and what a run writes now and then is not of its steps."""

Figure = dict[str, float | None]
"""An `Estimate` by quartiles, for JSON."""


def bench(
    recipe: Path | str,
    overrides: Sequence[str] = (),
    against: Sequence[str] = (),
    tell: Callable[[str], None] = lambda text: None,
    rounds: int = 15,
    starts: int = 3,
) -> dict[str, Any]:
    """Measure how fast a recipe trains, in processes that have their turns one after the other.

    `against`: ("plain",) for the paper's algorithm as anyone would type it. `tell` is told what is
    under way. `rounds`: how often each side has its turn; `starts`: how often the kit is started
    anew. What comes back is for JSON, each figure with a `value`, `low` and `high`:

    `images_per_second` of `kit`, `bare` and what it is held against; `speed_over` each of them, by
    pairs of turns; `seconds_a_step`; `operations_an_image`; `floor_share`, the least time that the
    machine could take over the time taken; `data_wait_share`, 1 - rate with data / rate on one
    batch again and again; `peak_memory_mib`; `first_step_seconds` from the command on;
    `edit_seconds`, one edit with the model loaded; `edits_per_second`, eight at once; `machine`,
    its ceilings.
    """
    known = read(recipe, overrides)
    keys = [*overrides, *UNDISTURBED]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        first_steps = []
        for number in range(1, starts):
            tell(f"start {number} of {starts}")
            with started("kit", recipe, Path(folder) / str(number), keys) as side:
                first_steps.append(side.first_step)
        sides: dict[str, Side] = {}
        for name in ("kit", *against):
            tell(f"starting {name}")
            side = stack.enter_context(started(name, recipe, Path(folder) / name, keys))
            sides[name] = side
        first_steps.append(sides["kit"].first_step)
        counts = turns(sides, known.train.critic_steps)
        precision = sides["kit"].ask("precision")
        memory = sides["kit"].ask("memory")  # before the bench itself adds to it
        measured = []
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            measured.append(_round(sides, counts, known.train.critic_steps))
    return _document(known, precision, measured, first_steps, memory)


@dataclass
class Side:
    """A process that trains when it is told to."""

    name: str
    process: subprocess.Popen[str]
    log: Path
    """What it has said."""
    spawned: float
    first_step: float = 0.0
    """Seconds from its start to the end of its first step."""

    def ask(self, action: str, *given: Any) -> Any:
        assert self.process.stdin is not None
        print(json.dumps([action, *given]), file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            text = self.log.read_text(encoding="utf-8", errors="replace").strip()
            said = text.splitlines() or ["without a word"]
            raise UsageError(f"{self.name} stopped before it was measured: {said[-1]}")
        return json.loads(line)


@contextmanager
def started(
    name: str, recipe: Path | str, folder: Path, overrides: Sequence[str]
) -> Iterator[Side]:
    """A process that has trained its first step; it ends with the block."""
    module = "ebgan_kit.evaluation.speed.worker"
    command = [sys.executable, "-m", module, name, str(recipe), str(folder), *overrides]
    pipe, log = subprocess.PIPE, folder.with_suffix(".log")
    with (
        open(log, "w", encoding="utf-8") as said,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=said, text=True) as process,
    ):
        try:
            side = Side(name, process, log, time.time())
            side.first_step = side.answer() - side.spawned
            yield side
        finally:
            process.kill()


def turns(sides: dict[str, Side], least: int) -> dict[str, int]:
    """How many steps each side has in a turn: as many as fill it, at least a model's."""
    counts = {}
    for name, side in sides.items():
        side.ask("train", least)
        counts[name] = least * max(1, round(TURN / side.ask("train", least)))
    return counts


def _round(sides: dict[str, Side], counts: dict[str, int], least: int) -> dict[str, Any]:
    """A turn of each side: seconds per step, and what the machine can do just then.

    A side's first steps after another's are slower, and not counted.
    """
    kit = sides["kit"]
    found = kit.ask("in_turn", counts["kit"], least)
    for name in sides.keys() - {"kit"}:
        sides[name].ask("train", least)
        found[name] = sides[name].ask("train", counts[name]) / counts[name]
    return found | kit.ask("limits") | kit.ask("edit")


def _document(
    recipe: Recipe,
    precision: str,
    rounds: Sequence[dict[str, Any]],
    starts: Sequence[float],
    memory: float,
) -> dict[str, Any]:
    batch = recipe.train.batch
    table = {key: [found[key] for found in rounds] for key in rounds[0]}
    sides = [name for name in ("kit", "bare", "plain") if name in table]
    ceilings = table["machine"]
    return {
        "recipe": recipe.name,
        "batch": batch,
        "precision": precision,
        "images_per_second": {n: _figure([batch / s for s in table[n]]) for n in sides},
        "speed_over": {n: _ratio(table[n], table["repeat"]) for n in sides[1:]},
        "seconds_a_step": _figure(table["kit"]),
        "operations_an_image": table["operations"][0] / batch,
        "floor_share": _ratio(table["floor"], table["repeat"]),
        "data_wait_share": _figure(
            [1 - r / k for r, k in zip(table["repeat"], table["kit"], strict=True)]
        ),
        "peak_memory_mib": _figure([memory]),
        "first_step_seconds": _figure(starts),
        "edit_seconds": _figure(table["edit"]),
        "edits_per_second": _figure(table["edits"]),
        "machine": {n: _figure([found[n] for found in ceilings]) for n in ceilings[0]},
    }


def _ratio(above: Sequence[float], below: Sequence[float]) -> Figure:
    """Of what was measured in the same round."""
    return _figure([a / b for a, b in zip(above, below, strict=True)])


def _figure(values: Sequence[float]) -> Figure:
    return quartiles(values).as_dict()
