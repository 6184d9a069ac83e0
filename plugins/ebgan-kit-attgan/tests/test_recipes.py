"""The recipes: they parse, the small ones train and edit, the faithful ones do when made small."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks are slower on more

import pytest

from ebgan_kit import UsageError, load, read, train
from ebgan_kit.testing import check_model, drawn_faces

RECIPES = Path(__file__).parents[1] / "recipes"

NARROW = (
    "model.width=4",
    "discriminator.width=4",
    "discriminator.features=8",
    "classifier.width=4",
    "data.use=synthetic",
    "data.count=64",
    "train.device=cpu",
)

SMALL = ("data.size=32", "model.attributes=Mustache,Smiling", "model.depth=3",
         "discriminator.depth=3", "classifier.depth=3")  # fmt: skip
"""What a recipe for CelebA lacks to be one for a few small drawn faces."""

NAMES = ("attgan", "stgan")


@pytest.mark.parametrize("name", NAMES)
def test_a_small_recipe_trains_and_its_file_edits(name, tmp_path):
    check_model(RECIPES / f"{name}-quickstart.toml", tmp_path, NARROW)


@pytest.mark.parametrize("name", NAMES)
def test_a_faithful_recipe_trains_and_edits_on_small_faces(name, tmp_path):
    check_model(RECIPES / f"{name}-celeba-128.toml", tmp_path, (*NARROW, *SMALL))


@pytest.mark.parametrize("name", NAMES)
def test_a_faithful_recipe_says_what_the_authors_do(name):
    recipe = read(RECIPES / f"{name}-celeba-128.toml")
    document = recipe.dump()
    assert len(recipe.attributes) == 13
    assert recipe.size == 128
    assert document["mask"]["use"] == "whole"
    assert document["adversarial"]["use"] == "wgan-gp"
    assert document["adversarial"]["penalty"] == 10
    attribute = document["loss"]["attribute"]
    assert (attribute["by"], attribute["weight"]) == ("discriminator", 10)
    assert attribute["critic_weight"] == 1
    assert document["loss"]["reconstruction"]["weight"] == 100
    assert {document["optimizer"][side]["lr"] for side in ("model", "critic")} == {2e-4}
    assert (recipe.train.batch, recipe.train.critic_steps, recipe.train.ema_halflife) == (32, 5, 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_discriminator_learns_to_see_attributes(name, tmp_path):
    short = ("train.images=640", "train.log_every=160", "train.precision=float32")
    recipe = read(RECIPES / f"{name}-quickstart.toml", (*NARROW, *short))
    train(recipe, tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    first, *_, last = map(json.loads, lines)
    assert {"adversarial.critic", "attribute.critic", "reader.critic"} < first.keys()
    assert "reader" not in last  # C teaches the model nothing
    assert last["attribute.critic"] < first["attribute.critic"]
    assert last["reconstruction"] < first["reconstruction"]


def test_stgan_without_a_classifier_says_what_it_lacks_in_use(tmp_path):
    text = (RECIPES / "stgan-quickstart.toml").read_text()
    path = tmp_path / "stgan.toml"
    path.write_text(re.sub(r"\[classifier\].*(?=\[adversarial\])", "", text, flags=re.DOTALL))
    narrow = [key for key in NARROW if not key.startswith("classifier")]
    model = train(read(path, (*narrow, "train.images=32")), tmp_path / "run")
    editor = load(model, "cpu")
    faces = drawn_faces(2, 64, editor.header.attributes)
    assert editor.complete(faces, faces).completed.shape == faces.image.shape
    with pytest.raises(UsageError, match=r"what the source shows.*\[classifier\]"):
        editor.complete(replace(faces, attributes=None), faces)
