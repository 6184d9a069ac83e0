"""The recipes of seven networks' authors, trained for as long as one waits, and measured.

    python -m benchmarks.faithful CELEBA [--minutes M] [--only NAME ...]

CELEBA is CelebA in its official layout. Each recipe trains on its partition `train` for M minutes
of one thread's own time, in the precision that is fastest on the machine; its schedules end with
that time. All of it goes to `runs/faithful` and is taken up again where it was left, for the
minutes of its first call: per recipe a run, its figures `NAME.json` and a contact sheet, and the
losses of all in `curves.png`, by matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.networks import images_per_second
from ebgan_kit.evaluation.evaluate import evaluate
from ebgan_kit.files.writing import write_json
from ebgan_kit.recipe.recipe import read
from ebgan_kit.training.trainer import train

RUNS = Path("runs/faithful")
COUNT, ROWS = 300, 8
"""Pairs that are measured, and rows of a contact sheet."""
POINTS = 30
"""Reports of a run's losses."""
PLUGINS = Path("plugins")

RECIPES = {
    "stargan": "ebgan-kit-stargan/recipes/stargan-celeba-128.toml",
    "attgan": "ebgan-kit-attgan/recipes/attgan-celeba-128.toml",
    "stgan": "ebgan-kit-attgan/recipes/stgan-celeba-128.toml",
    "genegan": "ebgan-kit-genegan/recipes/genegan-celeba-64.toml",
    "dnagan": "ebgan-kit-genegan/recipes/dnagan-celeba-64.toml",
    "elegant": "ebgan-kit-genegan/recipes/elegant-celeba-256.toml",
    "mulgan": "ebgan-kit-mulgan/recipes/mulgan-celeba-64.toml",
}


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m benchmarks.faithful")
    words.add_argument("celeba", type=Path)
    words.add_argument("--minutes", type=float, default=120)
    words.add_argument("--only", nargs="+", choices=RECIPES, default=list(RECIPES))
    told = words.parse_args()
    RUNS.mkdir(parents=True, exist_ok=True)
    for name in told.only:
        trained(name, told.celeba, told.minutes)
    known = {name: _known(name) for name in RECIPES}
    found = {name: figures for name, figures in known.items() if "reconstruction" in figures}
    Console(width=120).print(table(found))
    draw({figures["recipe"]: losses(name) for name, figures in found.items()}, RUNS / "curves.png")


def trained(name: str, celeba: Path, minutes: float) -> None:
    """Train a recipe for some minutes, and measure it on the partition `valid`."""
    on = [f"data.root={celeba}", "data.partitions=train", "train.precision=auto", "train.workers=0"]
    recipe = read(PLUGINS / RECIPES[name], on)
    path, found = _figures(name), _known(name)
    if not found:
        rate = images_per_second(recipe, warm=1, timed=recipe.train.critic_steps)
        found = {
            "recipe": recipe.name,
            "pixels": recipe.size,
            "images_per_second": rate,
            "images": round(rate * 60 * minutes),
            "authors_images": recipe.train.images,
        }
        write_json(path, found)
    if "reconstruction" in found:
        return
    images = found["images"]
    lengths = [f"train.images={images}", f"train.log_every={max(1, images // POINTS)}"]
    recipe = read(PLUGINS / RECIPES[name], [*on, *lengths])
    folder = RUNS / name
    model = train(recipe, folder, resume=folder.exists())
    sheet = RUNS / f"{name}.png"
    measured = evaluate(model, ["data.partitions=valid"], COUNT, sheet_path=sheet, rows=ROWS)
    write_json(path, found | {"reconstruction": measured["reconstruction"]})


def table(found: dict[str, dict[str, Any]]) -> Table:
    """A row per recipe that is done."""
    shown = Table(
        "recipe", "pixels", "images/s", "images", "its authors'", "share", "rebuilt, dB", "SSIM"
    )
    for figures in found.values():
        images, authors = figures["images"], figures["authors_images"]
        rebuilt = [figures["reconstruction"][figure]["own"]["value"] for figure in ("psnr", "ssim")]
        shown.add_row(
            figures["recipe"],
            str(figures["pixels"]),
            f"{figures['images_per_second']:.1f}",
            f"{images:,}",
            f"{authors:,}",
            f"{images / authors:.3%}",
            f"{rebuilt[0]:.1f}",
            f"{rebuilt[1]:.2f}",
        )
    return shown


def losses(name: str) -> dict[str, list[tuple[int, float]]]:
    """The terms of a run, each as images that were seen and its mean since the report before."""
    terms: dict[str, list[tuple[int, float]]] = {}
    for line in (RUNS / name / "metrics.jsonl").read_text().splitlines():
        report = json.loads(line)
        seen = report.pop("images")
        report.pop("images_per_second", None)
        for term, value in report.items():
            terms.setdefault(term, []).append((seen, value))
    return terms


def draw(runs: dict[str, dict[str, list[tuple[int, float]]]], file: Path) -> None:
    """A plot per run: its terms over the images that it has seen."""
    from matplotlib import pyplot

    rows = -(-len(runs) // 2)
    figure, plots = pyplot.subplots(
        rows, 2, figsize=(9, 2.6 * rows), layout="constrained", squeeze=False
    )
    for plot in plots.flat[len(runs) :]:
        plot.axis("off")
    for plot, (name, terms) in zip(plots.flat, runs.items(), strict=False):
        for term, points in terms.items():
            plot.plot(*zip(*points, strict=True), label=term)
        plot.set_yscale("asinh", linear_width=0.1)
        plot.set(title=name, xlabel="images")
        plot.legend(frameon=False, fontsize="x-small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(file, dpi=100)


def _figures(name: str) -> Path:
    return RUNS / f"{name}.json"


def _known(name: str) -> dict[str, Any]:
    """A recipe's figures as far as they are known; none of one that was not begun."""
    path = _figures(name)
    return json.loads(path.read_text()) if path.exists() else {}


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
