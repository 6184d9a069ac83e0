"""How the cost of a step grows with batch and size:

    python -m benchmarks.growth RECIPE -o FOLDER

writes `growth.json` and, by matplotlib, `growth.svg`. Drawn faces; the generator's window, where it
has one, is half of the image.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from ebgan_kit.evaluation.speed.bench import UNDISTURBED, started
from ebgan_kit.files.writing import write_json

BATCHES = (8, 16, 32, 64, 128, 256)
SIZES = (64, 96, 128, 192, 256)
STEPS = 7


def growth(recipe: Path) -> dict[str, list[dict[str, Any]]]:
    """Seconds a step and MiB at the peak, by batch at 64 pixels and by size at a batch of 16."""
    return {
        "batch": [_cost(recipe, batch, 64) for batch in BATCHES],
        "size": [_cost(recipe, 16, size) for size in SIZES],
    }


def _cost(recipe: Path, batch: int, size: int) -> dict[str, Any]:
    keys = (f"data.size={size}", f"train.batch={batch}", f"generator.window={size // 2}",
            "data.count=512", *UNDISTURBED)  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        started("kit", recipe, Path(folder) / "run", keys) as side,
    ):
        seconds = statistics.median(side.ask("train", 1) for _ in range(STEPS))
        return {"batch": batch, "size": size, "seconds": seconds, "mib": side.ask("memory")}


def draw(found: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """Two plots, each with time on the left and memory on the right."""
    from matplotlib import pyplot

    figure, plots = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for plot, (by, rows) in zip(plots, found.items(), strict=True):
        across = [row[by] for row in rows]
        time = plot.plot(across, [1_000 * row["seconds"] for row in rows], "o-", color="#3f51b5")
        memory = plot.twinx()
        other = memory.plot(across, [row["mib"] for row in rows], "s--", color="#e65100")
        plot.set(xlabel={"batch": "batch, at 64 pixels", "size": "pixels, at a batch of 16"}[by])
        plot.set_ylabel("milliseconds per step")
        memory.set_ylabel("peak memory, MiB")
        plot.set_ylim(0)
        memory.set_ylim(0)
        plot.legend([*time, *other], ["time", "memory"], frameon=False)
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("."))
    asked = parser.parse_args()
    found = growth(asked.recipe)
    write_json(asked.output / "growth.json", found)
    draw(found, asked.output / "growth.svg")


if __name__ == "__main__":
    main()
