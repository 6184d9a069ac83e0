"""Distances between sets of faces: known where sets differ by a shift, named by their features."""

import json
from urllib.error import URLError

import pytest
import torch
import torchmetrics.image.fid
from torch import nn

from ebgan_kit.evaluation.metrics.realism import INCEPTION, Features, Realism, inception
from ebgan_kit.images.levels import from_bytes, to_bytes


def pictures(count=40, seed=0, brighter=0):
    """Noise of small pictures, `brighter` by so many of 256 levels."""
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(20, 200, (count, 3, 4, 4), generator=generator)
    return from_bytes((levels + brighter).to(torch.uint8))


COLOUR = Features("mean colour, 3 numbers", lambda image: image.mean((2, 3)))
PIXELS = Features("pixels, 48 numbers", lambda image: image.flatten(1))


def figures(real, edits, features=COLOUR, batch=8):
    """The edits of one half of the sources, held against `real`, the other half."""
    realism = Realism(features)
    sources, made = torch.cat([real, real]), torch.cat([edits, edits])
    for place in range(0, len(sources), batch):
        realism.add(sources[place : place + batch], made[place : place + batch])
    result = realism.figures()
    untouched = result.pop("untouched")
    assert untouched.keys() == result["edit"].keys()
    return result | result.pop("edit")


def test_no_picture_stands_on_both_sides():
    """Edits that are their sources are at the distance of two sets of strangers."""
    realism = Realism(PIXELS)
    realism.add(pictures(), pictures())
    result = realism.figures()
    assert result["edit"] == result["untouched"]
    assert result["edit"]["frechet_distance"] > 0.1


def test_a_shift_of_all_pictures_is_its_square():
    result = figures(pictures(), pictures(brighter=30))
    assert result["frechet_distance"] == pytest.approx(3 * (30 / 127.5) ** 2, rel=1e-5)
    assert result["kernel_distance"]["low"] > 0
    assert result["count"] == 40


@pytest.mark.parametrize("features", [COLOUR, PIXELS])
def test_the_same_set_is_at_no_distance_and_others_are_farther(features):
    """Also with fewer pictures than features, where covariances are singular."""
    real = pictures()
    same, other, far = (
        figures(real, edits, features)
        for edits in (real, pictures(seed=1, brighter=8), pictures(seed=1, brighter=40))
    )
    assert 0 <= same["frechet_distance"] < 1e-4
    assert same["frechet_distance"] < other["frechet_distance"] < far["frechet_distance"]
    same, other, far = (result["kernel_distance"]["value"] for result in (same, other, far))
    assert same <= 0.01
    assert same < other < far


def test_a_kernel_distance_has_its_spread_around_it():
    one, another = (figures(pictures(n), pictures(n, seed=1))["kernel_distance"] for n in (20, 400))
    for figure in (one, another):
        assert figure["low"] < 0 < figure["high"]  # both sets are of one kind
        assert figure["high"] - figure["value"] == pytest.approx(figure["value"] - figure["low"])
    assert another["high"] - another["low"] < one["high"] - one["low"]


def test_only_inception_gives_fid_and_kid():
    distances = {"frechet_distance", "kernel_distance"}
    result = figures(pictures(), pictures(seed=1))
    assert result["features"] == "mean colour, 3 numbers"
    assert result.keys() == {"features", "count"} | distances
    named = figures(pictures(), pictures(seed=1), Features(INCEPTION, COLOUR.take))
    assert named.keys() == {"features", "count", "fid", "kid"}
    assert named["features"] == "Inception-v3"
    assert named["fid"] == result["frechet_distance"]
    assert json.loads(json.dumps(named, allow_nan=False)) == named


def test_neither_order_nor_batches_nor_chance_matter():
    real, edits = pictures(), pictures(seed=1, brighter=10)
    first = figures(real, edits)
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    assert figures(real, edits, batch=7) == first
    assert torch.equal(torch.random.get_rng_state(), state)  # nobody else's chance is touched
    order = torch.randperm(len(edits))
    assert figures(real.flip(0), edits[order]) == first


def test_pictures_are_of_eight_bits():
    image = pictures()
    assert figures(image, image + 0.4 / 127.5) == figures(image, image)


@pytest.mark.parametrize(("count", "known"), [(0, False), (1, False), (2, True), (3, True)])
def test_too_few_pictures_have_no_figures(count, known):
    result = figures(pictures(count), pictures(count, seed=1))
    assert result["count"] == count
    assert (result["frechet_distance"] is not None) == known
    assert result["kernel_distance"] == {"value": None, "low": None, "high": None}


def test_sides_of_different_size_are_refused():
    with pytest.raises(ValueError, match="every source has one edit"):
        Realism(COLOUR).add(pictures(3), pictures(2))


# Inception


def stand_in(problem=None):
    """What torchmetrics would build around Inception-v3: a network that takes bytes."""

    class Network(nn.Module):
        def __init__(self, *_, **__):
            super().__init__()
            if problem:
                raise problem

        def forward(self, levels):
            assert levels.dtype == torch.uint8
            return levels.float().mean((2, 3))

    return Network


def test_inception_is_shown_bytes(monkeypatch):
    monkeypatch.setattr(torchmetrics.image.fid, "_TORCH_FIDELITY_AVAILABLE", True)
    monkeypatch.setattr(torchmetrics.image.fid, "NoTrainInceptionV3", stand_in())
    features = inception()
    assert features.name == INCEPTION
    image = pictures(4)
    assert torch.equal(features.take(image), to_bytes(image).float().mean((2, 3)))
    assert figures(image, image, features)["fid"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("problem", [URLError("no network"), ModuleNotFoundError("torch_fidelity")])
def test_inception_that_cannot_be_had_is_none(monkeypatch, capfd, problem):
    monkeypatch.setattr(torchmetrics.image.fid, "_TORCH_FIDELITY_AVAILABLE", True)
    monkeypatch.setattr(torchmetrics.image.fid, "NoTrainInceptionV3", stand_in(problem))
    assert inception() is None
    assert capfd.readouterr() == ("", "")


def test_inception_without_its_package_is_none(monkeypatch):
    monkeypatch.setattr(torchmetrics.image.fid, "_TORCH_FIDELITY_AVAILABLE", False)
    assert inception() is None
