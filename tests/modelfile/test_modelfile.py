"""A model file and its plugins: one that is not here is named, with its version and its package."""

from __future__ import annotations

import importlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.plugins import GLOW, Install, a_file_of, a_model_of_glow, offering
from safetensors.torch import load_file, save_file

from ebgan_kit.editing.classifier import load_judge
from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.evaluate import measured
from ebgan_kit.files.writing import MODEL_KEY, fingerprint
from ebgan_kit.modelfile import file as module
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.modelfile.header import Header
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.registry.plugins import SKIP, registry
from ebgan_kit.training.trainer import train

pytestmark = pytest.mark.usefixtures("fresh")

MODEL = """
from ebgan_kit.parts.models.ebgan import Ebgan

class Glow(Ebgan):
    '''EBGAN under another name.'''
"""

LOSS = """
def glow(edit, networks):
    '''How bright the completed image is.'''
    return edit.completed.mean()
"""

NOT_HERE = "it was made with the plugin glow 2.1, which is not installed: pip install its-glow==2.1"


def said_by(use: Callable[[], Any]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        use()
    return str(caught.value).splitlines()


# Opened once


def test_what_was_opened_is_what_is_used(att_file: Path, model_file: Path, tmp_path: Path) -> None:
    """Whatever a run puts in its place meanwhile."""
    path = shutil.copy(att_file, tmp_path / "model.safetensors")
    file = ModelFile.open(path)
    os.replace(shutil.copy(model_file, tmp_path / "other"), path)
    assert ModelFile.open(path).sha256 == fingerprint(model_file)
    assert file.sha256 == fingerprint(att_file)
    assert file.header.attributes == ["Smiling", "Mustache"]
    source, exemplar = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    edited, expected = (load(one, "cpu").edit(source, exemplar) for one in (file, att_file))
    assert torch.equal(edited, expected)
    assert load_judge(file).attributes == ("Smiling", "Mustache")


def test_a_file_that_is_replaced_while_it_is_opened(
    att_file: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Header and weights are of one of the two."""
    path = shutil.copy(att_file, tmp_path / "model.safetensors")
    other = shutil.copy(model_file, tmp_path / "other")
    check = module.safe_open

    def late(*given: Any, **how: Any) -> Any:
        if other.exists():
            os.replace(other, path)
        return check(*given, **how)

    monkeypatch.setattr(module, "safe_open", late)
    file = ModelFile.open(path)
    assert file.header.attributes == []
    assert file.sha256 == fingerprint(model_file)


# A plugin that is not installed


def test_a_plugin_that_is_not_installed_is_named(model_file: Path, tmp_path: Path) -> None:
    model = a_model_of_glow(model_file, tmp_path / "model")
    first, second = said_by(lambda: load(model, "cpu"))
    assert first.startswith(f"{model} (its recipe): [model] use: no model is called 'glow'")
    assert second == f"{model}: {NOT_HERE}"


def test_every_such_plugin_is_named(model_file: Path, tmp_path: Path) -> None:
    """Which of them a part is of, nobody knows that has none of them."""
    plugins = {**GLOW, "shine": "0.3"}
    model = a_model_of_glow(model_file, tmp_path / "model", plugins=plugins)
    _, glow, shine = said_by(lambda: load(model, "cpu"))
    assert glow == f"{model}: {NOT_HERE}"
    assert shine.endswith("not installed: pip install its-shine==0.3")


def test_a_recipe_that_cannot_be_read_for_another_reason(model_file: Path, tmp_path: Path) -> None:
    """No plugin is blamed for a part that the kit itself does not have."""
    here = ModelFile.open(model_file).header.plugins
    model = a_model_of_glow(model_file, tmp_path / "model", plugins=here)
    (line,) = said_by(lambda: load(model, "cpu"))
    assert "no model is called 'glow'" in line


def test_the_way_out_works(
    install: Install,
    tiny: Callable[..., Recipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a run with a plugin writes down is what one must install to use its model."""
    with monkeypatch.context() as patch:
        install("glow", offering("add.model(glow=Glow)", MODEL), "2.1")
        model = train(tiny("model.use=glow", "train.images=4"), tmp_path / "run")
        expected = load(model, "cpu").edit(torch.zeros(3, 64, 64), torch.ones(3, 64, 64))
        patch.setenv(SKIP, "glow")
        forget()
        assert said_by(lambda: load(model, "cpu"))[1] == (
            f"{model}: it was made with the plugin glow, which is skipped by {SKIP}"
        )
    (tmp_path / "site").rename(tmp_path / "elsewhere")
    forget()
    assert said_by(lambda: load(model, "cpu"))[1] == f"{model}: {NOT_HERE}"
    (tmp_path / "elsewhere").rename(tmp_path / "site")
    forget()
    edited = load(model, "cpu").edit(torch.zeros(3, 64, 64), torch.ones(3, 64, 64))
    assert torch.equal(edited, expected)


def forget() -> None:
    """Plugins are looked for anew."""
    importlib.invalidate_caches()
    registry.cache_clear()


def test_the_command_says_it_too(
    model_file: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    model = a_model_of_glow(model_file, tmp_path / "model")
    answer = command("evaluate", model)
    assert answer.status == 2
    assert answer.err.splitlines()[1] == f"{model}: {NOT_HERE}"
    assert "Traceback" not in answer.err
    assert command("inspect", model).status == 0  # a header takes no plugin to read


# What a use of the file has no need of


def test_what_was_trained_with_a_plugins_loss_is_used_without_it(
    model_file: Path, tmp_path: Path
) -> None:
    model = a_file_of(model_file, tmp_path / "model", {"loss": {"glow": {"use": "glow"}}})
    source, exemplar = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    edited = load(model, "cpu").edit(source, exemplar)
    assert torch.equal(edited, load(model_file, "cpu").edit(source, exemplar))


def test_a_judge_is_used_without_the_plugin_of_its_data(judge_file: Path, tmp_path: Path) -> None:
    data = {"data": {"use": "glow", "size": 64}}
    judge = a_file_of(judge_file, tmp_path / "judge", data)
    assert load_judge(judge).attributes == ("Mustache", "Male", "Smiling")
    classifier = {"classifier": {"use": "glow"}}
    judge = a_file_of(judge_file, tmp_path / "judge", classifier)
    assert said_by(lambda: load_judge(judge))[1] == f"{judge}: {NOT_HERE}"


def test_a_measurement_needs_the_plugin_of_the_data(model_file: Path, tmp_path: Path) -> None:
    model = a_file_of(model_file, tmp_path / "model", {"data": {"use": "glow", "size": 64}})
    assert load(model, "cpu").header.size == 64
    first, second = said_by(lambda: measured(ModelFile.open(model).header, []))
    assert "[data] use: no data is called 'glow'" in first
    assert second == f"tiny: {NOT_HERE}"


def test_only_what_is_asked_for_is_read(model_file: Path, tmp_path: Path) -> None:
    model = ModelFile.open(a_model_of_glow(model_file, tmp_path / "model"))
    recipe = model.recipe("mask", "encoder")
    assert set(recipe.tables) == {"mask", "encoder"}
    assert recipe.regions == ("mouth",)


# Older files


def without_packages(model: Path, copy: Path) -> Path:
    """A copy as an older version of the kit wrote it."""
    values = asdict(ModelFile.open(model).header)
    del values["packages"]
    save_file(load_file(model), copy, metadata={MODEL_KEY: json.dumps(values)})
    return copy


def test_a_file_older_than_packages_is_read(model_file: Path, tmp_path: Path) -> None:
    old = without_packages(model_file, tmp_path / "old")
    assert ModelFile.open(old).header == replace(ModelFile.open(model_file).header, packages={})
    source, exemplar = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    edited = load(old, "cpu").edit(source, exemplar)
    assert torch.equal(edited, load(model_file, "cpu").edit(source, exemplar))


def test_of_an_older_file_no_package_is_made_up(model_file: Path, tmp_path: Path) -> None:
    """A command is given only where it is one."""
    model = a_model_of_glow(model_file, tmp_path / "model")
    old = without_packages(model, tmp_path / "old")
    line = said_by(lambda: load(old, "cpu"))[1]
    assert line.startswith(f"{old}: it was made with the plugin glow 2.1, which is not installed")
    assert "pip install the" not in line


# All of a face, or a part of it


@pytest.mark.parametrize(
    ("use", "expected"),
    [("whole", True), ("ebgan-kit:whole", True), ("region", False), ("any-of", False)],
)
def test_whether_a_model_edits_all_of_a_face(model_file: Path, use: str, expected: bool) -> None:
    header = ModelFile.open(model_file).header
    of_mask: Header = replace(header, recipe={**header.recipe, "mask": {"use": use}})
    assert of_mask.whole_image is expected


def test_a_run_on_whole_faces_says_so(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    model = train(tiny("mask.use=whole", "train.images=4"), tmp_path / "run")
    assert ModelFile.open(model).header.whole_image


def test_a_model_file_has_the_mode_of_the_umask(model_file: Path, tmp_path: Path) -> None:
    """safetensors gives its own files to their owner alone."""
    file, before = ModelFile.open(model_file), os.umask(0o022)
    try:
        write_model(tmp_path / "model", file.tensors, file.header)
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "model").read_bytes() == model_file.read_bytes()
