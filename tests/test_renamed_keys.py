"""Keys that have a new name: the old one is read, said once, and never written."""

from __future__ import annotations

import json
import re
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
import tomli_w
from conftest import TINY
from safetensors.torch import load_file

from ebgan_kit import Was
from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.header import read_header, write_model
from ebgan_kit.recipe.json_schema import schema
from ebgan_kit.recipe.recipe import Recipe, parse, read
from ebgan_kit.recipe.tables import checked_table
from ebgan_kit.registry.part import KINDS, Part
from ebgan_kit.training.trainer import train

TRAIN = {"report": "log_every", "samples": "sample_every", "checkpoint": "checkpoint_every",
         "clip": "max_grad_norm", "ema": "ema_halflife", "ema_warmup": "ema_rampup"}  # fmt: skip
OLD = {f"train.{old}": new for old, new in TRAIN.items()} | {
    "optimizer.model.rate": "lr",
    "optimizer.model.decay": "weight_decay",
    "optimizer.critic.rate": "lr",
    "optimizer.critic.decay": "weight_decay",
    "encoder.most": "max_channels",
    "generator.most": "max_channels",
    "discriminator.most": "max_channels",
    "adversarial.judges": "sees",
}
"""Table and old name of each key that was renamed, in the tiny recipe resolved; its new name."""


def as_of_old(document: dict[str, Any]) -> dict[str, Any]:
    """The resolved recipe in the words of 0.4."""
    old = json.loads(json.dumps(document))
    for path, new in OLD.items():
        *steps, key = path.split(".")
        table = old
        for step in steps:
            table = table[step]
        table[key] = table.pop(new)
    return old


def sentences(caught: Any) -> list[str]:
    return sorted(str(warning.message) for warning in caught)


def test_a_recipe_of_old_names_is_the_same_recipe(tiny: Callable[..., Recipe]) -> None:
    expected = tiny().dump()
    with pytest.warns(UserWarning, match="is called") as caught:
        found = parse(as_of_old(expected))
    assert found.dump() == expected
    told = [(*path.rpartition(".")[::2], new) for path, new in OLD.items()]
    assert sentences(caught) == sorted(f"[{t}] {old} is called {new} now" for t, old, new in told)


def test_new_names_pass_without_a_word(tiny: Callable[..., Recipe]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(tiny().dump())


@pytest.mark.parametrize(
    ("file", "override"),
    [("lr = 2.0", "rate=3.0"), ("rate = 2.0", "lr=3.0"), ("rate = 2.0", "rate=3.0")],
)
def test_an_override_replaces_what_the_file_says_by_either_name(
    tmp_path: Path, file: str, override: str
) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(f'{TINY}\n[optimizer.critic]\nuse = "adam"\n{file}\n')
    with pytest.warns(UserWarning, match=r"\[optimizer.critic\] rate is called lr now"):
        recipe = read(path, [f"optimizer.critic.{override}"])
    assert recipe.tables["optimizer.critic"].keys.lr == 3


def test_an_override_of_the_table_train(tiny_file: Path) -> None:
    with pytest.warns(UserWarning, match="report is called log_every now"):
        assert read(tiny_file, ["train.report=8"]).train.log_every == 8


def test_another_part_keeps_a_key_by_its_old_name(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(f'{TINY}\n[optimizer.critic]\nuse = "adam"\nrate = 2.0\n')
    with pytest.warns(UserWarning, match="rate is called lr now"):
        recipe = read(path, ["optimizer.critic.use=rmsprop"])
    assert recipe.tables["optimizer.critic"].keys.lr == 2


@pytest.mark.filterwarnings("ignore:.* is called .* now")
@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[optimizer.model]\nuse = "adam"\nlr = 1.0\nrate = 1.0', "[optimizer.model] rate"),
        ("[train]\nimages = 4\nclip = 1\nmax_grad_norm = 2", "[train] clip"),
    ],
)
def test_both_names_at_once_are_a_mistake(tmp_path: Path, table: str, words: str) -> None:
    path = tmp_path / "tiny.toml"
    start = TINY.partition("[train]")[0] + ("" if "[train]" in table else "[train]\nimages = 4\n")
    path.write_text(f"{start}\n{table}\n")
    with pytest.raises(UsageError, match=re.escape(words) + " is called .* now: give one") as told:
        read(path)
    assert len(str(told.value).splitlines()) == 1


def test_a_plugins_key_may_be_renamed() -> None:
    def loss(edit, networks, *, margin: Annotated[float, Was("slack")] = 0.0):
        """A loss."""

    mistakes: list[str] = []
    part = Part(KINDS["loss"], "mine", loss, "a test")
    with pytest.warns(UserWarning, match=r"\[loss.mine\] slack is called margin now"):
        table = checked_table(part, "loss.mine", {"use": "mine", "slack": 2.0}, mistakes)
    assert table is not None
    assert table.dump()["margin"] == 2
    assert not mistakes


def test_the_schema_has_the_new_names_alone() -> None:
    whole = schema()["properties"]
    assert not {*TRAIN} & {*whole["train"]["properties"]}
    (adam,) = [one for one in whole["optimizer"]["properties"]["model"]["anyOf"]
               if one["properties"]["use"]["const"] == "adam"]  # fmt: skip
    assert {*adam["properties"]} == {"use", "lr", "betas", "weight_decay"}


# What 0.4 has left behind


def test_a_model_file_of_old_names_is_read_in_silence(model_file: Path, tmp_path: Path) -> None:
    header = read_header(model_file)
    old = replace(header, recipe=as_of_old(dict(header.recipe)))
    write_model(tmp_path / "old.safetensors", load_file(model_file), old)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".* is called .* now")
        load(tmp_path / "old.safetensors", device="cpu")


def test_a_run_of_old_names_is_resumed(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    """Its recipe says what it said: nothing differs, and nobody is warned of a run's own file."""
    whole = train(tiny("train.images=32"), tmp_path / "whole")
    train(tiny(), tmp_path / "run")
    recorded = tmp_path / "run" / "recipe.toml"
    recorded.write_text(tomli_w.dumps(as_of_old(tomllib.loads(recorded.read_text()))))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".* is called .* now")
        again = train(tiny("train.images=32"), tmp_path / "run", resume=True)
    weights, expected = load_file(again), load_file(whole)
    assert all(weights[name].equal(tensor) for name, tensor in expected.items())
    assert "rate" not in tomllib.loads(recorded.read_text())["optimizer"]["model"]
