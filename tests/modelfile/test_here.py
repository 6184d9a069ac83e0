"""Where a model is: a path, a run's folder, one's home; and what a slip in a path may mean."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ebgan_kit.modelfile import hub
from ebgan_kit.modelfile.file import ModelFile

Command = Callable[..., Any]

MODEL = "runs/quickstart/model.safetensors"


@pytest.fixture
def run(tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one run in it, whose model was fetched from nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hub, "_answers", lambda address: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "runs" / "quickstart").mkdir(parents=True)
    shutil.copy(model_file, tmp_path / MODEL)
    return tmp_path


@pytest.mark.parametrize(
    "name", [MODEL, "runs/quickstart", "runs/quickstart/", "./runs/quickstart", "~/quickstart"]
)
def test_a_model_is_found(run: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HOME", str(run / "runs"))
    file = ModelFile.open(name)
    assert file.is_here
    assert os.path.samefile(file.path, MODEL)
    assert file.path.name == "model.safetensors"


def test_what_is_about_a_run_goes_to_its_folder(run: Path, command: Command, quick: None) -> None:
    answer = command("evaluate", "runs/quickstart", "data.seed=987", "--count", 8, "--rows", 2)
    assert answer.status == 0
    assert sorted(os.listdir("runs/quickstart")) == [
        "evaluation.json", "evaluation.png", "model.safetensors",
    ]  # fmt: skip
    assert command("card", "runs/quickstart").out == "wrote runs/quickstart/README.md\n"
    assert "(evaluation.png)" in Path("runs/quickstart/README.md").read_text()


SLIPS = {
    "a run": "runs/quikstart",
    "its file": "runs/quickstart/modle.safetensors",
    "the folder of runs": "run/quickstart/model.safetensors",
    "the folder of runs, and no file": "rnus/quickstart",
    "a file for a run": "runs/quickstart.safetensors",
    "no folder": "quickstart",
    "no folder, and a slip": "quikstart",
    "the folder of runs alone": "runs",
}


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_in_a_path(run: Path, command: Command, case: str) -> None:
    answer = command("inspect", SLIPS[case])
    assert answer.status == 2
    assert answer.err.endswith(f"; did you mean '{MODEL}'?\n")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("name", ["zzz.safetensors", "a/b/c", "x" * 300, "runs/quickstart/0/1"])
def test_a_path_that_is_near_none(run: Path, command: Command, name: str) -> None:
    answer = command("inspect", name)
    assert answer.status == 2
    assert answer.err == (
        f"ebgan-kit: {name}: no such file; a run writes its model to runs/NAME/model.safetensors\n"
    )


def test_what_is_offered_is_a_model(run: Path, command: Command) -> None:
    Path("models.toml").touch()
    assert "did you mean" not in command("inspect", "model.toml").err


def test_a_recipe_that_is_near(run: Path, tiny_file: Path, command: Command) -> None:
    shutil.copy(tiny_file, "runs/quickstart/recipe.toml")
    assert "; did you mean 'tiny.toml'?" in command("check", "tinny.toml").err
    said = command("check", "runs/quickstart").err
    assert said.endswith("; did you mean 'runs/quickstart/recipe.toml'?\n")
