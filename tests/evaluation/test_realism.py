"""Distances between sets of faces: known where sets differ by a shift, named by their features."""

import json
import math

import pytest
import torch
import torchmetrics.image.fid
from kornia.filters import gaussian_blur2d
from PIL import Image, ImageDraw

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.metrics.efficientnet_lite0 import efficientnet_lite0
from ebgan_kit.evaluation.metrics.inception import FILE, fetched_before, inception
from ebgan_kit.evaluation.metrics.realism import INCEPTION, Features, Realism
from ebgan_kit.images.levels import from_bytes
from ebgan_kit.parts.nn import efficientnet_lite0 as network_module
from ebgan_kit.parts.nn.efficientnet_lite0 import classifier


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


# EfficientNet-Lite0, with its real weights


@pytest.fixture(scope="module")
def lite():
    found = efficientnet_lite0()
    if found is None:
        pytest.skip("the extra 'features' is not installed")
    return found


def clock(size=160):
    """A drawing that people take for a clock, [1, 3, size, size] in [-1, 1]."""
    image = Image.new("RGB", (224, 224), (200, 190, 170))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 204, 204), fill="white", outline="black", width=8)
    for hour in range(12):
        across, down = math.sin(hour * math.pi / 6), math.cos(hour * math.pi / 6)
        ends = [112 + by * side for by in (70, 82) for side in (across, -down)]
        draw.line(ends, fill="black", width=5)
    draw.line((112, 112, 112, 45), fill="black", width=5)
    draw.line((112, 112, 150, 130), fill="black", width=7)
    levels = torch.tensor(list(image.resize((size, size)).tobytes()), dtype=torch.uint8)
    return from_bytes(levels.view(size, size, 3).permute(2, 0, 1)[None])


def test_the_packages_weights_know_a_clock(lite):
    """Each tensor has found its layer: 409 is ImageNet's analog clock."""
    network = classifier()
    features = lite.take(clock())
    assert lite.name == "EfficientNet-Lite0"
    assert features.shape == (1, 1280)
    assert network.classifier(features).softmax(1)[0, 409] > 0.5
    assert network.classifier(lite.take(clock().flip(2) * 0)).softmax(1)[0, 409] < 0.1


def test_blurred_faces_are_farther_than_faces(lite, faces):
    """And the distances bear other names than those over Inception."""
    blurred = gaussian_blur2d(faces.image, (9, 9), (2.0, 2.0))
    realism = Realism(lite)
    realism.add(faces.image, blurred)
    result = realism.figures()
    assert result["features"] == "EfficientNet-Lite0"
    for name, value in (("frechet_distance", float), ("kernel_distance", lambda f: f["value"])):
        assert value(result["edit"][name]) > value(result["untouched"][name])
    assert result["edit"].keys() == {"frechet_distance", "kernel_distance"}


def test_without_its_package_there_are_no_such_features(monkeypatch):
    monkeypatch.setattr(network_module, "packaged", lambda package, file: None)
    assert efficientnet_lite0() is None


# Inception


@pytest.fixture
def weights(tmp_path):
    """Weights of Inception-v3 by chance, in the file that torch-fidelity would fetch."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    path = tmp_path / "hub" / "checkpoints" / FILE
    path.parent.mkdir(parents=True)

    class Unread(module.FeatureExtractorInceptionV3):
        def load_state_dict(self, weights):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_state_dict_from_url", lambda *_, **__: None)
        network = Unread("inception-v3-compat", ["2048"])
    torch.save(network.state_dict(), path)
    return path


def test_inception_takes_a_file(weights):
    features = inception(weights)
    assert features.name == INCEPTION
    assert features.take(pictures(2)).shape == (2, 2048)


def test_inceptions_file_is_found_where_torch_fidelity_puts_it(weights, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(weights.parents[1]))
    assert fetched_before() == weights
    weights.unlink()
    assert fetched_before() is None


class Runs:
    """What a pickle of it does when it is read."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('run')",))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b"not weights"),
        lambda path: path.write_bytes(b""),
        lambda path: torch.save({"another": torch.zeros(1)}, path),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save(Runs(), path),
    ],
    ids=["text", "empty", "another network", "no network", "code"],
)
def test_a_file_that_does_not_fit_inception(tmp_path, write):
    pytest.importorskip("torch_fidelity")
    write(tmp_path / "file.pth")
    with pytest.raises(UsageError, match=r"file\.pth: does not hold Inception-v3's weights"):
        inception(tmp_path / "file.pth")


def test_a_file_of_inception_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.pth: cannot be read: No such file"):
        inception(tmp_path / "nowhere.pth")


def test_inception_without_its_package(monkeypatch, tmp_path):
    torch.save({}, tmp_path / "file.pth")
    monkeypatch.setattr(torchmetrics.image.fid, "_TORCH_FIDELITY_AVAILABLE", False)
    with pytest.raises(UsageError, match=r"pip install 'ebgan-kit\[fid\]'"):
        inception(tmp_path / "file.pth")
