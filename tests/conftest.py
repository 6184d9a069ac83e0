"""What several tests share: one tiny recipe, one tiny model, and the command line."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks are slower on more

import pytest
import torch
from safetensors.torch import load_file

from ebgan_kit.cli import app as cli
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.modelfile.header import read_header, write_model
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Faces

torch.set_num_threads(1)

SHORT = """
[watch.jsonl]

[train]
images = 16
batch = 4
log_every = 4
checkpoint_every = 8
device = "cpu"
precision = "float32"
"""
"""The end of both tiny recipes: four steps."""

TINY = (
    """\
name = "tiny"
seed = 0

[model]
use = "ebgan"
code = 4

[data]
use = "synthetic"
size = 64
count = 16

[mask]
use = "region"
regions = ["mouth"]

[encoder]
use = "conv"
width = 4
max_channels = 8

[generator]
use = "encoder-decoder"
width = 4
max_channels = 8
blocks = 1

[discriminator]
use = "conv6"
width = 4
max_channels = 8

[adversarial]
use = "bce"

[loss.reconstruction]
weight = 100

[loss.cycle]
weight = 10

"""
    + SHORT
)
"""Two networks of a few hundred weights on sixteen drawn faces: four steps, a quarter second."""

ATT = (
    "name=att",
    "model.use=att-ebgan",
    "model.attributes=Smiling,Mustache",
    "model.block=2",
    "classifier.use=conv",
    "classifier.width=4",
    "classifier.max_channels=8",
    "loss.attribute.weight=1",
)
"""Overrides that make an Att-EBGAN of the tiny recipe, with two attributes and C beside it."""

JUDGE = (
    """\
name = "judge"
seed = 0

[model]
use = "judge"
attributes = ["Mustache", "Male", "Smiling"]

[data]
use = "synthetic"
size = 64
count = 16

[mask]
use = "whole"

[classifier]
use = "conv"
width = 4
max_channels = 8

[loss.classification]

"""
    + SHORT
)
"""A judge as small as the tiny recipe's networks; its attributes are in another order."""


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def tiny(tiny_file: Path) -> Callable[..., Recipe]:
    """`tiny("train.images=8")`: the tiny recipe with keys set otherwise."""
    return lambda *overrides: read(tiny_file, overrides)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of the tiny recipe; tests only read it."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = folder / "tiny.toml"
    recipe.write_text(TINY)
    train(read(recipe), folder / "tiny")
    return folder / "tiny"


@pytest.fixture(scope="session")
def model_file(tiny_run: Path) -> Path:
    return tiny_run / "model.safetensors"


@pytest.fixture(scope="session")
def att_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file of a finished run of an Att-EBGAN; tests only read it."""
    folder = tmp_path_factory.mktemp("att")
    (folder / "tiny.toml").write_text(TINY)
    return train(read(folder / "tiny.toml", ATT), folder / "att")


@pytest.fixture(scope="session")
def judge_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file of a finished run of a judge; tests only read it."""
    folder = tmp_path_factory.mktemp("judges")
    (folder / "judge.toml").write_text(JUDGE)
    return train(read(folder / "judge.toml"), folder / "judge")


@pytest.fixture(scope="session")
def faces() -> Faces:
    """Sixteen drawn faces."""
    return Synthetic(size=64, count=64).__getitems__(range(16))


OWN = """
import torch

def faces(partition):
    levels = torch.arange(3 * 40 * 48).reshape(3, 40, 48) % 251
    return [
        {"image": (levels + 40 * n).remainder(256).to(torch.uint8), "marks": [n % 2, 1],
         "points": torch.tensor([[18.0, 14], [30, 14], [24, 20], [19, 27], [29, 27]]) + n, "who": n}
        for n in range({"train": 3, "valid": 2, "test": 1}[partition])
    ]
"""
"""A package's dataset: items of four fields, of another size than the kit's faces."""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`own(code)`: the name of a dataset that an installed package offers, for this test."""
    site = tmp_path / "packages"
    (site / "own-1.0.dist-info").mkdir(parents=True)
    metadata = {
        "METADATA": "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n",
        "entry_points.txt": "[ebgan_kit.datasets]\nown-faces = own_package:faces\n",
    }
    for name, text in metadata.items():
        (site / "own-1.0.dist-info" / name).write_text(text)
    monkeypatch.syspath_prepend(site)

    def write(code: str = OWN) -> str:
        (site / "own_package.py").write_text(code)
        monkeypatch.delitem(sys.modules, "own_package", raising=False)
        return "own-faces"

    return write


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have intervals of a few rounds: where nobody looks at them."""
    few = functools.partial(bootstrap, rounds=10)
    monkeypatch.setattr(sys.modules["ebgan_kit.evaluation.metrics.report"], "bootstrap", few)


def convinced(model: Path, copy: Path, logits: Sequence[float]) -> Path:
    """A copy of a model file whose classifier says the same of every face."""
    weights = load_file(model)
    weights["classifier.head.weight"].zero_()
    weights["classifier.head.bias"] = torch.tensor(logits)
    write_model(copy, weights, read_header(model))
    return copy


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """`command("parts", "loss")`: the console command, in this process and in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main sets its own
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["ebgan-kit", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
        captured = capsys.readouterr()
        return Answer(status, captured.out, captured.err)

    return run
