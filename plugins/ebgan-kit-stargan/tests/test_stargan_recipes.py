"""Both recipes: they say what the README says, train, and leave a file that edits."""

import json
from pathlib import Path

import pytest
import torch

from ebgan_kit import load, read, train
from ebgan_kit.testing import check_model, drawn_faces

RECIPES = Path(__file__).parent.parent / "recipes"

NARROW = ("model.width=4", "model.blocks=1", "discriminator.width=4", "train.device=cpu")
SHORT = (*NARROW, "classifier.width=4", "data.count=16", "train.images=8", "train.batch=4",
         "train.log_every=4")  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tiny networks are slower on more


def test_the_faithful_recipe_is_the_published_training():
    recipe = read(RECIPES / "stargan-celeba-128.toml")
    settings = recipe.train
    assert settings.images / settings.batch == 200_000
    assert settings.images / settings.batch / settings.critic_steps == 40_000
    assert (settings.ema_halflife, settings.max_grad_norm, settings.precision) == (0, 0, "float32")
    rates = [recipe.tables[f"schedule.{side}"].build() for side in ("model", "critic")]
    for rate in rates:  # level for 100,000 critic steps, then straight down to 0
        assert [rate(p) for p in (0, 0.5, 0.75, 1)] == [1, 1, 0.5, 0]
    weights = {name: table.words.weight for name, table in recipe.of("loss").items()}
    assert weights == {"attribute": 1, "reconstruction": 10}


def test_the_faithful_recipe_trains(tmp_path):
    """Shortened, on drawn faces: five critic steps with the gradient's penalty for each of G's."""
    small = (*NARROW, "data.size=64", "discriminator.depth=4", "model.attributes=Black_Hair,Male")
    check_model(RECIPES / "stargan-celeba-128.toml", tmp_path, small)


def test_the_small_recipe_trains(tmp_path):
    check_model(RECIPES / "stargan-quickstart.toml", tmp_path, (*NARROW, "classifier.width=4"))


def test_two_steps_of_the_small_recipe_and_an_edit(tmp_path):
    path = train(read(RECIPES / "stargan-quickstart.toml", SHORT), tmp_path / "run")
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").open()]
    assert [row["images"] for row in rows] == [4, 8]
    # D's head and the reader are trained on sources; the model is taught by D's head alone
    assert {"attribute.critic", "reader.critic", "attribute", "reconstruction"} <= rows[0].keys()
    assert "reader" not in rows[0]
    editor = load(path, "cpu")
    faces = drawn_faces(2, attributes=editor.header.attributes)
    everywhere = torch.ones(1, 64, 64)
    plain, bearded = (
        editor.edit(faces.image[:1], faces.image[1:], everywhere, attributes={"Goatee": on})
        for on in (False, True)
    )
    assert plain.shape == (1, 3, 64, 64)
    assert not torch.equal(plain, bearded)
    mouth = editor.edit(faces.image[:1], faces.image[1:], "mouth", attributes={"Goatee": True})
    changed = (mouth != faces.image[:1]).any(1)[0]
    assert changed.any()
    assert not changed[:32].any()  # nothing above the nose
    assert torch.equal(mouth[..., changed], bearded[..., changed])
