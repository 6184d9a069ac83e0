"""Nine networks on photographs, from nothing to the table of docs/networks.md.

    python -m benchmarks.networks CELEBA [--only NAME ...] [--seeds N] [--table]

docs/protocol.md says what is done and why. CELEBA is CelebA in its official layout. All of it goes
to `runs/networks` and is taken up again where it was left: the judge; per network its rate, its
four settings, and the run that is reported. `--only` has one process do some of the networks, so
that several can share a machine; `--table` measures all runs that are done. With `--seeds 3` the
networks that are asked for are trained by three.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from ebgan_kit.evaluation.compare import compare
from ebgan_kit.evaluation.estimate import dig
from ebgan_kit.evaluation.evaluate import evaluated
from ebgan_kit.evaluation.tables.comparison import comparison
from ebgan_kit.files.writing import write_json
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.here import MODEL
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.trainer import Training, train

RUNS = Path("runs/networks")
SECONDS, CHOICE_SECONDS = 900, 120
CHOICE, MEASURED = 500, 780
WARM, TIMED, ROUNDS = 5, 20, 3
MOUTH = ["mask.use=region", "mask.regions=mouth"]
FLIPPED = ["augment.faces.use=jitter", "augment.faces.flip=0.5"]
EQUAL = ["train.precision=float32"]
"""What `auto` would settle by the machine."""
AS_FAST = ("half-rate", "double-rate")
"""Settings whose step takes as long as that of the recipe as it is."""


@dataclass(frozen=True)
class Network:
    """A network of the comparison."""

    recipe: str
    of_its_paper: tuple[str, ...]
    """The one thing of its paper that its recipe has otherwise."""
    keys: tuple[str, ...] = ()
    """What the protocol asks of its recipe: the mouth without its cheeks, one attribute."""

    def read(self, data: Path, *keys: str) -> Recipe:
        """Its recipe on photographs."""
        on = [f"data={{use = 'celeba', root = '{data}', size = 64, partitions = ['train']}}"]
        return read(self.recipe, [*on, *FLIPPED, *EQUAL, *self.keys, *keys])


_WGAN = ("adversarial.use=wgan-gp", "train.critic_steps=5")

NETWORKS = {
    "ebgan": Network("recipes/ebgan-celeba-64.toml", ("loss.cycle.weight=1",)),
    "att-ebgan": Network(
        "recipes/att-ebgan-celeba-64.toml", ("train.switch_off=0",), ("mask.grow=0",)
    ),
    "stargan": Network("plugins/ebgan-kit-stargan/recipes/stargan-quickstart.toml", _WGAN),
    "attgan": Network("plugins/ebgan-kit-attgan/recipes/attgan-quickstart.toml", _WGAN),
    "stgan": Network("plugins/ebgan-kit-attgan/recipes/stgan-quickstart.toml", _WGAN),
    "genegan": Network(
        "plugins/ebgan-kit-genegan/recipes/genegan-quickstart.toml",
        ("adversarial.use=wgan-gp",),
        ("model.attributes=Smiling",),
    ),
    "dnagan": Network(
        "plugins/ebgan-kit-genegan/recipes/dnagan-quickstart.toml", ("loss.attribute.weight=0.1",)
    ),
    "elegant": Network(
        "plugins/ebgan-kit-genegan/recipes/elegant-quickstart.toml", ("adversarial.use=bce",)
    ),
    "mulgan": Network("plugins/ebgan-kit-mulgan/recipes/mulgan-quickstart.toml", _WGAN),
}


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("celeba", type=Path)
    words.add_argument("--only", nargs="+", choices=NETWORKS, default=[])
    words.add_argument("--seeds", type=int, default=1)
    words.add_argument("--table", action="store_true")
    told = words.parse_args()
    data = _with_a_part_to_choose_by(told.celeba)
    judge = _trained(read("recipes/judge-celeba-64.toml", [f"data.root={data}"]), "judge")
    for name in told.only or ([] if told.table else NETWORKS):
        _reported(name, data, judge, told.seeds)
    if told.table:
        _table(data, judge)


def _with_a_part_to_choose_by(celeba: Path) -> Path:
    """The data with the last people of `train`, some 500 photographs, as its partition `test`."""
    folder = RUNS / "celeba"
    if folder.exists():
        return folder
    rows = dict(_rows(celeba / "list_eval_partition.txt"))
    people = dict(_rows(celeba / "identity_CelebA.txt"))
    of_person: dict[int, list[str]] = {}
    for face, part in rows.items():
        if part == "0":
            of_person.setdefault(int(people[face]), []).append(face)
    chosen: set[str] = set()
    for person in sorted(of_person, reverse=True):
        if len(chosen) < CHOICE:
            chosen |= set(of_person[person])
    begun = folder.with_name("celeba-begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    for entry in celeba.iterdir():
        if entry.name != "list_eval_partition.txt":
            (begun / entry.name).symlink_to(entry.resolve())
    lines = [f"{face} {'2' if face in chosen else part}\n" for face, part in rows.items()]
    (begun / "list_eval_partition.txt").write_text("".join(lines))
    return begun.rename(folder)


def _rows(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines() if line]


def _reported(name: str, data: Path, judge: Path, seeds: int) -> None:
    """Train a network as the protocol says: its rate, its settings, and the best of them."""
    network = NETWORKS[name]
    path = RUNS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for setting, keys in _settings(network, data).items():
        known = found.setdefault(setting, {"keys": keys})
        if "images_per_second" not in known:
            if setting in AS_FAST:
                known["images_per_second"] = found["as-it-is"]["images_per_second"]
            else:
                known["images_per_second"] = images_per_second(network.read(data, *keys))
            write_json(path, found)
        if "transfer_less_leak" not in known:
            images = f"train.images={round(known['images_per_second'] * CHOICE_SECONDS)}"
            recipe = network.read(data, *keys, images, f"name={name}")
            model = _trained(recipe, f"{name}-{setting}")
            known["transfer_less_leak"] = _transfer_less_leak(model, judge)
            write_json(path, found)
            print(f"{name}, {setting}: {known}", flush=True)
    best = max(found.values(), key=lambda setting: setting["transfer_less_leak"])
    images = f"train.images={round(best['images_per_second'] * SECONDS)}"
    for seed in range(seeds):
        chosen = [*best["keys"], images, f"name={name}", f"seed={seed}"]
        _trained(network.read(data, *chosen), f"{name}-seed-{seed}")


def _settings(network: Network, data: Path) -> dict[str, tuple[str, ...]]:
    """The same four for each network."""
    recipe = network.read(data)
    rates = {side: recipe.tables[f"optimizer.{side}"].dump()["lr"] for side in ("model", "critic")}

    def rated(factor: float) -> tuple[str, ...]:
        return tuple(f"optimizer.{side}.lr={rate * factor:g}" for side, rate in rates.items())

    return {
        "as-it-is": (),
        "half-rate": rated(0.5),
        "double-rate": rated(2),
        "paper": network.of_its_paper,
    }


def images_per_second(recipe: Recipe, warm: int = WARM, timed: int = TIMED) -> float:
    """Images per second of a processor: the median of three rounds, of the thread's own time.

    `warm`: steps before the first round. `timed`: steps of a round.
    """
    with tempfile.TemporaryDirectory() as folder:
        training = Training(recipe, Path(folder) / "run")
        training.prepare()
        steps = training.steps(lambda *told: None)
        for _ in range(warm):
            next(steps)
        rounds = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            for _ in range(timed):
                next(steps)
            rounds.append((time.process_time() - begun) / timed)
    return recipe.train.batch / statistics.median(rounds)


def _trained(recipe: Recipe, name: str) -> Path:
    """The model file of a run, which is begun, gone on with or done."""
    folder = RUNS / name
    return train(recipe, folder, resume=folder.exists())


def _transfer_less_leak(model: Path, judge: Path) -> float:
    """What settings are chosen by, on people of `train` that no run has seen."""
    chosen = ["data.partitions=test", *MOUTH]
    found, _ = evaluated(model, chosen, CHOICE, judge_path=judge)
    means = (dig(found, f"attributes.{name}.mean") for name in ("transfer", "leak"))
    transfer, leak = (mean["value"] if mean else 0.0 for mean in means)
    return transfer - leak


def _table(data: Path, judge: Path) -> None:
    """The comparison of all that is done, on the people of `valid`."""
    runs = [RUNS / f"{name}-seed-{seed}" / MODEL for name in NETWORKS for seed in range(3)]
    models = [model for model in runs if model.exists() and _is_done(model)]
    held = ["data.partitions=valid", *MOUTH]
    found = compare(models, held, MEASURED, 0, judge, RUNS / "networks.png", print)
    write_json(RUNS / "networks.json", found)
    Console(width=200).print(comparison(found))


def _is_done(model: Path) -> bool:
    """Whether a run is at its end: its checkpoints leave a model file, too."""
    header = ModelFile.open(model).header
    return header.images >= header.recipe["train"]["images"]


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
