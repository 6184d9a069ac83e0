"""The model that comes with the kit: found by its name, small, and of no folder of its maker's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import ebgan_kit
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.here import PORTRAITS, WITH_THE_KIT, with_the_kit
from ebgan_kit.modelfile.rounded import write_rounded
from ebgan_kit.studio.serve import own_models

Command = Callable[..., Any]


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """Two photographs without a face, in which the square in the middle is taken."""
    paths = tmp_path / "me.png", tmp_path / "friend.png"
    for seed, path in enumerate(paths):
        levels = np.random.default_rng(seed).integers(0, 256, (200, 160, 3), dtype=np.uint8)
        Image.fromarray(levels).save(path)
    return paths


def test_it_is_small_and_names_no_folder() -> None:
    file = ModelFile.open(PORTRAITS)
    assert file.path.stat().st_size <= 12_000_000
    assert file.header.recipe["data"]["root"] == "not-shared"
    assert str(file) == PORTRAITS
    assert not file.is_here
    assert file.header.learned == ("mouth", "eyes", "nose", "brows", "components")
    assert file.header.regions == ("mouth",)


def test_it_edits_by_its_name(pictures: tuple[Path, Path]) -> None:
    editor = ebgan_kit.load("portraits")
    source, exemplar = (Image.open(path) for path in pictures)
    edited = editor.edit(source, exemplar, find_faces=False)
    changed = (np.asarray(edited) != np.asarray(source)).any(2)
    assert changed.any()
    assert not changed[:20].any()


def test_an_edit_takes_it_where_no_model_is_named(
    pictures: tuple[Path, Path], command: Command
) -> None:
    words = ["--source", "me.png", "--exemplar", "friend.png", "--region", "mouth", "--save"]
    assert command("edit", *words, "edit.json", "-o", "edited.png", "--no-find-faces").status == 0
    assert '"name": "portraits"' in Path("edit.json").read_text()
    assert command("edit", "--replay", "edit.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("edited.png").read_bytes()


def test_it_is_inspected_by_its_name(command: Command) -> None:
    answer = command("inspect", "portraits")
    assert answer.status == 0
    assert "mouth, eyes, nose, brows, components" in " ".join(answer.out.split())


def test_a_run_of_its_name_comes_first(tmp_path: Path, model_file: Path, command: Command) -> None:
    """What is here is what was meant."""
    (tmp_path / "portraits").mkdir()
    (tmp_path / "portraits" / "model.safetensors").write_bytes(model_file.read_bytes())
    command("parts")  # in that folder
    assert ModelFile.open("portraits").sha256 == ModelFile.open(model_file).sha256


def test_no_path_leads_out_of_the_kit() -> None:
    assert with_the_kit("../models/portraits") is None
    assert with_the_kit("") is None
    assert with_the_kit(WITH_THE_KIT / "portraits") is None


def test_the_studio_opens_with_it_and_the_newest_run(
    tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_models() == [Path("portraits")]
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    (run / "model.safetensors").write_bytes(model_file.read_bytes())
    assert own_models() == [Path("portraits"), Path("runs/mine/model.safetensors")]


# Half the size


def test_a_rounded_file_edits_nearly_alike(model_file: Path, tmp_path: Path) -> None:
    small = write_rounded(model_file, tmp_path / "small.safetensors")
    one, other = ModelFile.open(model_file), ModelFile.open(small)
    assert small.stat().st_size < 0.6 * model_file.stat().st_size + 10_000
    assert {tensor.dtype for tensor in other.tensors.values()} == {torch.bfloat16}
    for name, tensor in one.tensors.items():
        assert torch.allclose(other.tensors[name].float(), tensor, rtol=2**-8, atol=0)
    face = torch.rand(1, 3, 64, 64) * 2 - 1
    first, second = (
        ebgan_kit.load(file).edit(face, face.flip(3), "mouth") for file in (one, small)
    )
    assert (first - second).abs().mean() < 0.02


def test_a_rounded_file_replaces_none_of_its_inputs(model_file: Path, command: Command) -> None:
    answer = command("export", model_file, "-o", model_file)
    assert answer.status == 2
    assert "is an input" in answer.err
