"""The recipes: the faithful one is the author's training, both train, and their files edit."""

import json
from pathlib import Path

import pytest
import torch

from ebgan_kit import load, read, train
from ebgan_kit.testing import check_model, drawn_faces

RECIPES = Path(__file__).parent.parent / "recipes"

NARROW = (
    "model.width=4", "model.depth=2", "classifier.width=4", "discriminator.width=4",
    "discriminator.depth=2", "discriminator.features=8", "train.device=cpu",
)  # fmt: skip
FIVE = (*NARROW, "model.rest=3")
"""The small recipe, smaller: five blocks of one channel."""

FOUR = (*NARROW, "model.rest=4")
"""The faithful recipe likewise: four blocks of one channel."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tiny networks are slower on more


def test_the_faithful_recipe_is_the_authors_training():
    recipe = read(RECIPES / "mulgan-celeba-64.toml")
    assert recipe.attributes == ("Bangs", "Mouth_Slightly_Open", "Eyeglasses", "Bushy_Eyebrows")
    assert recipe.size == 64
    settings = recipe.train
    assert (
        settings.batch,
        settings.critic_steps,
        settings.ema_halflife,
        settings.max_grad_norm,
    ) == (32, 3, 0, 0)
    assert settings.images == 200 * (162_770 + 19_867)  # CelebA's train and valid
    terms = {name: table.words for name, table in recipe.of("loss").items()}
    assert {name: words.weight for name, words in terms.items()} == {
        "reader": 0, "attribute": 10, "reconstruction": 100,
    }  # fmt: skip
    assert terms["attribute"].critic_weight == 1
    document = recipe.dump()
    assert document["adversarial"]["use"] == "wgan-gp"
    assert document["adversarial"]["penalty"] == 10
    assert document["loss"]["attribute"]["by"] == "discriminator"
    for optimizer in document["optimizer"].values():
        assert (optimizer["lr"], tuple(optimizer["betas"])) == (2e-4, (0.5, 0.999))


def test_the_faithful_recipe_trains(tmp_path):
    """Shortened, on drawn faces: three critic steps with the gradient's penalty for each of G's."""
    check_model(RECIPES / "mulgan-celeba-64.toml", tmp_path, FOUR)


def test_the_small_recipe_keeps_the_contract(tmp_path):
    check_model(RECIPES / "mulgan-quickstart.toml", tmp_path, FIVE)


def test_two_steps_of_the_small_recipe_and_an_edit(tmp_path):
    short = ("data.count=16", "train.images=8", "train.batch=4", "train.log_every=4")
    path = train(read(RECIPES / "mulgan-quickstart.toml", (*FIVE, *short)), tmp_path / "run")
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").open()]
    assert [row["images"] for row in rows] == [4, 8]
    # D's head and the reader are trained on sources; the model is taught by D's head alone
    assert {"attribute.critic", "reader.critic", "attribute", "reconstruction"} <= rows[0].keys()
    assert "reader" not in rows[0]
    editor = load(path, "cpu")
    packages = editor.header.packages
    assert packages["mulgan"] == "ebgan-kit-mulgan"
    assert packages["attgan"] == "ebgan-kit-attgan"
    faces = drawn_faces(2, attributes=editor.header.attributes)
    plain, bearded = (
        editor.edit(faces.image[:1], faces.image[1:], "mouth", attributes={"Goatee": on})
        for on in (False, True)
    )
    assert not torch.equal(plain, bearded)
    assert torch.equal(plain[..., :32, :], faces.image[:1, :, :32])  # nothing above the nose
