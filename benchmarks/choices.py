"""What each choice of the kit's step gains: the step without it, in turn with the step as it is.

python -m benchmarks.choices RECIPE [OVERRIDE]... [--rounds N]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from rich.console import Console
from rich.table import Table

from ebgan_kit.evaluation.estimate import Estimate, quartiles
from ebgan_kit.evaluation.speed.bench import UNDISTURBED, Side, started, turns
from ebgan_kit.parts.models.ebgan import Ebgan
from ebgan_kit.training import ema, memory
from ebgan_kit.training import trainer as training
from ebgan_kit.training.pairs import Pairs
from ebgan_kit.training.trainer import Training
from ebgan_kit.types import Edit


def keeps_no_memory() -> None:
    patch.object(memory, "keep_freed_memory", lambda: None).start()


def plain_layout() -> None:
    """Networks and images lie in memory as they come."""

    def place(self: Training, network: torch.nn.Module) -> torch.nn.Module:
        return network.to(self.accelerator.device)

    patch.object(Training, "_place", place).start()
    patch.object(training, "_in_channels_last", lambda faces: faces).start()


def draws_for_each_half() -> None:
    """The model runs for the critic, and again for itself."""
    once = Training._train_on

    def twice(self: Training, *given: Any) -> None:
        with torch.no_grad():
            batch = self.pairs(*given)
            self.step._edit(batch)
        once(self, *given)

    patch.object(Training, "_train_on", twice).start()


def encodes_anew() -> None:
    """A source's own code is not looked up among those of the exemplars."""
    pair = Pairs.__call__

    def forgetful(self: Pairs, *given: Any) -> Any:
        batch = pair(self, *given)
        return replace(batch, exemplar=replace(batch.exemplar, order=None))

    patch.object(Pairs, "__call__", forgetful).start()


def decodes_one_by_one() -> None:
    """Edit and reconstruction each have a context and a decoding of their own."""

    def drawn(self: Ebgan, source: Any, exemplar: Any, wanted: Any, code: Any, own: Any) -> Edit:
        pair = (self.generator.decode(self._context(source), one) for one in (code, own))
        return Edit(source, exemplar, wanted, next(pair), next(pair), code)

    patch.object(Ebgan, "_drawn", drawn).start()


def one_weight_at_a_time() -> None:
    """Optimisers and the average go from tensor to tensor."""
    adam = torch.optim.AdamW

    def single(*given: Any, fused: bool, **keys: Any) -> torch.optim.Optimizer:
        return adam(*given, foreach=False, **keys)

    def lerp(mine: list[torch.Tensor], its: list[torch.Tensor], share: float) -> None:
        for one, other in zip(mine, its, strict=True):
            one.lerp_(other, share)

    patch.object(torch.optim, "AdamW", single).start()
    patch.object(ema.torch, "_foreach_lerp_", lerp).start()


CHOICES: dict[str, tuple[Callable[[], None] | None, tuple[str, ...]]] = {
    "bf16": (None, ("train.precision=float32",)),
    "memory kept": (keeps_no_memory, ()),
    "channels_last": (plain_layout, ()),
    "one forward for both halves": (draws_for_each_half, ()),
    "codes shared": (encodes_anew, ()),
    "decoded in one batch": (decodes_one_by_one, ()),
    "fused optimiser, average in one call": (one_weight_at_a_time, ()),
    "not compiled": (None, ("train.compile=true",)),
}
"""Choice → what undoes it, in the process or in the recipe."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choices")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    table = Table("choice", "speed over the step without it", "half lie in", box=None)
    with tempfile.TemporaryDirectory() as folder, _started(asked, "kit", folder) as kit:
        for name in CHOICES:
            with _started(asked, name, folder) as without:
                gain = _gain(kit, without, asked.rounds)
            table.add_row(name, *gain.cells(".3f"))
    Console().print(table)


def _started(asked: argparse.Namespace, name: str, folder: str) -> AbstractContextManager[Side]:
    undo, overrides = CHOICES.get(name, (None, ()))
    side = f"benchmarks.choices:{undo.__name__}" if undo else "kit"
    keys = (*asked.overrides, *UNDISTURBED, *overrides)
    return started(side, asked.recipe, Path(folder) / name, keys)


def _gain(kit: Side, without: Side, rounds: int) -> Estimate:
    """How much faster a step is with the choice, the two in turn on one batch."""
    sides = {"without": without, "kit": kit}
    counts = turns(sides, 1)
    found = [
        {name: side.ask("repeat", counts[name]) / counts[name] for name, side in sides.items()}
        for _ in range(rounds)
    ]
    return quartiles([one["without"] / one["kit"] for one in found])


if __name__ == "__main__":
    main()
