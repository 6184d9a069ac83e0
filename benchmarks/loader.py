"""How many faces a second are read from photographs, and from the file that they are packed into:

    python -m benchmarks.loader RECIPE FILE [OVERRIDE]...

By one process that does nothing else, the two in turn.
"""

from __future__ import annotations

import argparse
import itertools
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ebgan_kit.evaluation.estimate import quartiles
from ebgan_kit.evaluation.speed.machine import seconds
from ebgan_kit.parts.data.cache.pack import overrides_to_use
from ebgan_kit.parts.data.loading import Order, batches, open_data
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.memory import keep_freed_memory

ROUNDS = 9
FORM = ",.0f"
CPU = torch.device("cpu")
COUNTS = {"photographs": 320, "packed": 3_200}
"""How many faces are read in a turn."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loader")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("overrides", nargs="*")
    asked = parser.parse_args()
    keep_freed_memory()
    recipe = read(asked.recipe, asked.overrides)
    others = [text for text in asked.overrides if not text.startswith("data.")]
    packed = read(asked.recipe, [*others, *overrides_to_use(asked.file, recipe)])
    readers = {"photographs": _reader(recipe), "packed": _reader(packed)}
    rounds = [
        {name: _rate(name, reader) for name, reader in readers.items()} for _ in range(ROUNDS)
    ]
    for name in readers:
        print(f"{name}: {quartiles([one[name] for one in rounds]).text(FORM)} faces per second")
    over = [one["packed"] / one["photographs"] for one in rounds]
    print(f"packed over photographs: {quartiles(over).text(FORM)}")


def _reader(recipe: Recipe) -> Iterator[Any]:
    data = open_data(recipe)
    order = Order(len(data), recipe.train.batch, recipe.seed)
    return batches(data, order, 0, CPU, recipe.attributes)


def _rate(name: str, reader: Iterator[Any]) -> float:
    _, faces, _ = next(reader)
    count = COUNTS[name] // len(faces)
    turn = itertools.islice(reader, count)
    return count * len(faces) / seconds(lambda: deque(turn, maxlen=0), CPU)


if __name__ == "__main__":
    main()
