"""MulGAN: its layers, what its blocks say, and its recipes."""

import json
from pathlib import Path

import pytest
import torch
from ebgan_kit_mulgan import MulGan

from ebgan_kit import Faces, Task, load, read
from ebgan_kit.testing import check_model, drawn_faces

RECIPES = Path(__file__).parent.parent / "recipes"

PUBLISHED = ("Bangs", "Mouth_Slightly_Open", "Eyeglasses", "Bushy_Eyebrows")

NARROW = (
    "model.width=4", "model.depth=2", "model.rest=3", "classifier.width=4", "discriminator.width=4",
    "discriminator.depth=2", "discriminator.features=8", "train.device=cpu",
)  # fmt: skip
"""The small recipe, smaller: five blocks of one channel."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tiny networks are slower on more


def model(**keys):
    """Two attributes, two blocks of two channels, a rest of four."""
    torch.manual_seed(0)
    keys = {"attributes": ("Smiling", "Mustache"), "width": 4, "depth": 2} | keys
    return MulGan(Task(16, keys["attributes"]), None, **keys)


def pair():
    torch.manual_seed(1)
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    faces = Faces(images, torch.ones(2, 1, 16, 16), labels)
    order = torch.tensor([1, 0])
    return faces, faces[order]


# Its layers


def weights(network):
    return sum(p.numel() for p in network.parameters())


def test_the_encoders_layers():
    with torch.device("meta"):
        network = MulGan(Task(64, PUBLISHED), None, attributes=PUBLISHED)
    # kernel * kernel * in * out, no bias; then a scale and a shift a channel
    levels = [
        4 * 4 * 3 * 64 + 2 * 64,
        4 * 4 * 64 * 128 + 2 * 128,
        4 * 4 * 128 * 256 + 2 * 256,
        4 * 4 * 256 * 512 + 2 * 512,
    ]
    assert weights(network.encoder) == sum(levels) == 2_757_504


def test_the_decoders_layers():
    with torch.device("meta"):
        network = MulGan(Task(64, PUBLISHED), None, attributes=PUBLISHED)
    levels = [
        4 * 4 * 512 * 512 + 2 * 512,
        4 * 4 * 512 * 256 + 2 * 256,
        4 * 4 * 256 * 128 + 2 * 128,
        4 * 4 * 128 * 3 + 3,  # the last has a bias and no norm
    ]
    assert weights(network.decoder) == sum(levels)


def test_the_published_code():
    with torch.device("meta"):
        network = MulGan(Task(64, PUBLISHED), None, attributes=PUBLISHED)
        code = network.encoder(torch.empty(2, 3, 64, 64))
    assert code.shape == (2, 512, 4, 4)
    assert (network.rest, network.block) == (256, 64)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"rest": 5}, "3 channels cannot be shared by 2 attributes"),
        ({"rest": 8}, "0 channels cannot be shared by 2 attributes"),
        ({"depth": 5}, "16 pixels cannot be halved 5 times"),
    ],
)
def test_keys_that_do_not_fit(keys, sentence):
    with pytest.raises(ValueError, match=sentence):
        model(**keys)


# What its blocks say


def test_a_block_switched_off_cannot_be_seen():
    network = model().eval()
    source, exemplar = pair()
    wanted = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    before = network.edit(source, exemplar, wanted).completed
    with torch.no_grad():
        network.encoder[-1][0].weight[4:6] += 1  # the first block's channels, after a rest of four
    assert torch.equal(network.edit(source, exemplar, wanted).completed, before)
    on = torch.ones(2, 2)
    assert not torch.equal(network.edit(source, exemplar, on).completed, before)


def test_the_rest_is_the_sources_and_the_blocks_are_the_exemplars():
    network = model().eval()
    source, exemplar = pair()
    wanted = torch.ones(2, 2)
    code_a, code_b = (network.encoder(faces.image) for faces in (source, exemplar))
    by_hand = network.decoder(torch.cat([code_a[:, :4], code_b[:, 4:]], dim=1))
    edit = network.edit(source, exemplar, wanted)
    assert torch.equal(edit.completed, by_hand)
    assert torch.equal(edit.code, code_b[:, 4:])


def test_the_reconstruction_is_filtered_by_the_sources_labels():
    network = model().eval()
    source, exemplar = pair()
    code = network.encoder(source.image)
    code[0, 6:], code[1, 4:6] = 0, 0  # face 0 lacks the second attribute, face 1 the first
    edit = network(source, exemplar, exemplar.attributes)
    assert torch.allclose(edit.reconstruction, network.decoder(code), atol=1e-6)
    own = network(source, source, source.attributes)
    assert torch.allclose(own.completed, own.reconstruction, atol=1e-6)


def test_without_labels():
    network = model().eval()
    source, exemplar = pair()
    unknown = Faces(exemplar.image, exemplar.region)
    with pytest.raises(ValueError, match="say what is wanted"):
        network.edit(source, unknown, None)
    with pytest.raises(ValueError, match="learns from their labels"):
        network(unknown, exemplar, exemplar.attributes)
    assert torch.equal(
        network.edit(source, exemplar, None).completed,
        network.edit(source, unknown, exemplar.attributes).completed,
    )


# Its recipes


def test_the_faithful_recipe_is_the_published_training():
    recipe = read(RECIPES / "mulgan-celeba-64.toml")
    assert recipe.attributes == PUBLISHED
    assert (recipe.train.batch, recipe.train.critic_steps) == (32, 3)
    weights = {name: table.words.weight for name, table in recipe.of("loss").items()}
    assert weights == {"reader": 0, "attribute": 10, "reconstruction": 100}


def test_the_faithful_recipe_trains(tmp_path):
    """Shortened, on drawn faces: three critic steps with the gradient's penalty for each of G's."""
    narrow = (*NARROW, "model.rest=4")
    check_model(RECIPES / "mulgan-celeba-64.toml", tmp_path, narrow)


def test_the_small_recipe_trains(tmp_path):
    path = check_model(RECIPES / "mulgan-quickstart.toml", tmp_path, NARROW)
    editor = load(path, "cpu")
    faces = drawn_faces(2, attributes=editor.header.attributes)
    plain, bearded = (
        editor.edit(faces.image[:1], faces.image[1:], "mouth", attributes={"Goatee": on})
        for on in (False, True)
    )
    assert not torch.equal(plain, bearded)
    assert torch.equal(plain[..., :32, :], faces.image[:1, :, :32])  # nothing above the nose


def test_the_header_names_both_plugins(tmp_path):
    path = check_model(RECIPES / "mulgan-quickstart.toml", tmp_path, NARROW)
    packages = json.loads(json.dumps(dict(load(path, "cpu").header.packages)))
    assert packages["mulgan"] == "ebgan-kit-mulgan"
    assert packages["attgan"] == "ebgan-kit-attgan"
