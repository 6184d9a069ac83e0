"""The recipes: they parse, say what is published, train two steps, and their files edit."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks are slower on more

from pathlib import Path

import pytest
import torch

from ebgan_kit import UsageError, load, read, train
from ebgan_kit.testing import check_model

torch.set_num_threads(1)

RECIPES = Path(__file__).parent.parent / "recipes"

SMALL = (
    "pairing.group=4",
    "data.size=32",
    "data.count=32",
    "model.width=4",
    "discriminator.width=4",
)

TINY = {
    "genegan-quickstart": (),
    "dnagan-quickstart": ("model.block=2",),
    "elegant-quickstart": (),
    "genegan-celeba-64": (),
    "dnagan-celeba-64": ("model.block=2",),
    "elegant-celeba-256": ("classifier.depth=4",),
}


def test_every_recipe_is_tested() -> None:
    assert {path.stem for path in RECIPES.glob("*.toml")} == {*TINY}


@pytest.mark.parametrize("name", TINY)
def test_a_recipe_trains_and_its_file_edits(name: str, tmp_path: Path) -> None:
    path = check_model(RECIPES / f"{name}.toml", tmp_path, (*SMALL, *TINY[name]))
    assert load(path, "cpu").header.plugins["genegan"]


@pytest.mark.parametrize("name", TINY)
def test_a_recipe_is_read_as_it_stands(name: str) -> None:
    recipe = read(RECIPES / f"{name}.toml")
    assert recipe.name == name
    assert recipe.tables["model"].part.owner == "genegan"
    assert recipe.tables["pairing"].part.name == "opposite"
    assert recipe.tables["mask"].part.name == "whole"


def test_genegans_terms_are_trained(tmp_path: Path) -> None:
    """Of two steps' metrics, each term of the paper has a number."""
    recipe = read(
        RECIPES / "genegan-quickstart.toml",
        (*SMALL, "train.images=8", "train.batch=4", "train.log_every=4", "train.device=cpu"),
    )
    train(recipe, tmp_path / "run")
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    for term in ("reconstruction", "nulling", "parallelogram", "adversarial", "adversarial.critic"):
        assert f'"{term}": ' in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("model.attributes=Mustache,Goatee", "model.*attributes.*at most 1 item"),
        ("model.share=1", "model.*share = 1: .*less than 1"),
        ("model.block=8", r"model.*no key 'block'"),
    ],
)
def test_what_a_recipe_may_not_say(change: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(RECIPES / "genegan-quickstart.toml", (change,))
