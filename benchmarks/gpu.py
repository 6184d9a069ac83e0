"""What a card does with recipes, in one call:

    python -m benchmarks.gpu RECIPE... [--batch N...] [-o FILE]

Each recipe at a batch of 32 and of 256, compiled and not, on drawn faces: `bench`'s figures beside
the card's own limits, and for the first of them where the time of a step goes.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

from rich.console import Console

from ebgan_kit.evaluation.speed.bench import UNDISTURBED, bench, started
from ebgan_kit.evaluation.tables.speed import speed
from ebgan_kit.files.writing import write_json

BATCHES = (32, 256)
DRAWN = ("data.use=synthetic", "data.count=2048", "train.workers=0")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("gpu.json"))
    parser.add_argument("--batch", type=int, nargs="+", default=BATCHES)
    asked = parser.parse_args()
    console, found = Console(), []
    console.print(where_time_goes(asked.recipes[0], asked.batch[-1]), soft_wrap=True)
    for recipe, batch, compiled in itertools.product(asked.recipes, asked.batch, ("false", "true")):
        keys = (*DRAWN, f"train.batch={batch}", f"train.compile={compiled}")
        figures = bench(recipe, keys, rounds=3, starts=1)
        found.append({"compile": compiled, **figures})
        write_json(asked.output, found)
        console.print(f"train.compile={compiled}", speed(figures))


def where_time_goes(recipe: Path, batch: int) -> str:
    """The profile of a few steps."""
    keys = (*DRAWN, f"train.batch={batch}", *UNDISTURBED)
    with (
        tempfile.TemporaryDirectory() as folder,
        started("kit", recipe, Path(folder) / "run", keys) as side,
    ):
        side.ask("train", 3)
        return side.ask("profile")


if __name__ == "__main__":
    main()
