"""A recogniser is shown the face as it learnt faces: upright, of one size, at one place."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import timm
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from timm.models import save_for_hf

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.metrics.alignment import ARCFACE, aligned
from ebgan_kit.evaluation.metrics.dlib_recogniser import dlib_recogniser
from ebgan_kit.evaluation.metrics.identity import Identity, errors
from ebgan_kit.evaluation.metrics.timm_recogniser import recogniser
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.types import Edit, Faces

TINY = {"input_size": (3, 32, 32), "mean": (0.2, 0.4, 0.6), "std": (0.3, 0.3, 0.3)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A recogniser as its maker would share it, with chance weights and 12 features."""
    torch.manual_seed(0)
    network = timm.create_model("test_vit", num_classes=12, img_size=32)
    network.pretrained_cfg |= TINY | {"num_classes": 12}
    place = tmp_path_factory.mktemp("recogniser")
    save_for_hf(network, place, model_args={"img_size": 32}, safe_serialization=True)
    return place


@pytest.fixture(scope="module")
def tiny(folder):
    return recogniser(f"local-dir:{folder}")


def identity(recogniser, faces_a, faces_b):
    """What the row "pair" of a report says of two faces."""
    made = SimpleNamespace(image=faces_a.image)
    return Identity(recogniser).add(faces_a, faces_b, made)["identity", "pair"]


def portrait(size, turn=0.0, scale=0.6, shift=(0.0, 0.0), phase=0.0):
    """A smooth drawing on a plane: a photograph of it, turned (degrees) and shifted (pixels).

    On the plane, where its landmarks lie as on ArcFace's template, it reaches from 0 to 1; of the
    photograph that takes the share `scale`.
    """
    factor = torch.tensor(size * scale) * torch.polar(torch.ones(()), torch.tensor(turn).deg2rad())
    middle, offset = 0.5 + 0.6j, complex(*shift) + (0.5 + 0.6j) * size
    across = torch.arange(size) + 0.5
    plane = (across + 1j * across[:, None] - offset) / factor + middle
    waves = [
        torch.sin(7 * plane.real + phase),
        torch.cos(9 * plane.imag),
        torch.sin(8 * plane.abs()),
    ]
    landmarks = torch.view_as_complex((torch.tensor(ARCFACE.places) + 0.5) / 112)
    seen = torch.view_as_real((landmarks - middle) * factor + offset)
    return Faces(0.8 * torch.stack(waves)[None], landmarks=seen[None])


STILL = portrait(128)
MOVED = {
    "shifted": portrait(128, shift=(9.3, -6.8)),
    "turned": portrait(128, turn=25),
    "smaller": portrait(128, scale=0.5),
    "larger picture": portrait(200),
    "all of it": portrait(160, turn=-14, scale=0.65, shift=(5, -8.5)),
}


def test_a_face_on_the_template_stays_as_it_is():
    face = portrait(112, scale=1)
    assert torch.allclose(aligned(face), to_bytes(face.image) / 255, atol=1e-4)


@pytest.mark.parametrize("face", MOVED.values(), ids=MOVED)
def test_a_moved_face_looks_and_reads_the_same(face, tiny):
    assert torch.allclose(aligned(face), aligned(STILL), atol=0.02)
    assert identity(tiny, face, STILL) > 0.999
    unmoved = Faces(face.image, landmarks=STILL.landmarks)
    assert identity(tiny, unmoved, STILL) < identity(tiny, face, STILL)


def test_landmarks_of_no_upright_face_meet_the_template_in_the_least_squares():
    """The picture is a map of itself: its colours say where they are, so the crop says it too."""
    place = (torch.arange(256) + 0.5) / 256
    levels = torch.stack(torch.meshgrid(place, place, torch.zeros(1), indexing="xy"))[..., 0]
    chance = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    found = torch.tensor(ARCFACE.places) * 1.4 + 40 + 6 * chance
    crop = aligned(Faces(2 * levels[None] - 1, landmarks=found[None]))[0] * 256
    x, y, one, none = *found.T, torch.ones(5), torch.zeros(5)
    rows = [torch.stack([x, -y, one, none], dim=1), torch.stack([y, x, none, one], dim=1)]
    wanted = torch.tensor(ARCFACE.places).T.reshape(10, 1) + 0.5
    cosine, sine, right, down = torch.linalg.lstsq(torch.cat(rows), wanted).solution[:, 0]
    x, y = crop[0], crop[1]
    pixel = torch.arange(112) + 0.5
    assert torch.allclose(cosine * x - sine * y + right, pixel.expand(112, 112), atol=0.7)
    assert torch.allclose(sine * x + cosine * y + down, pixel[:, None].expand(112, 112), atol=0.7)


def test_each_face_is_aligned_on_its_own_and_beyond_it_is_black():
    one, other = portrait(128), portrait(128, turn=45, scale=1, phase=1.0)
    both = Faces(
        torch.cat([one.image, other.image]), landmarks=torch.cat([one.landmarks, other.landmarks])
    )
    assert torch.allclose(aligned(both), torch.cat([aligned(one), aligned(other)]), atol=1e-5)
    assert (aligned(other)[0, :, 0, 0] == 0).all()


def test_a_recogniser_is_shown_its_own_size_and_colours(tiny):
    seen = []
    watched = tiny.network.register_forward_pre_hook(lambda _, shown: seen.append(shown[0]))
    features = tiny(portrait(112))
    watched.remove()
    assert features.shape == (1, 12)  # its embedding, not what comes before
    assert features.norm().item() == pytest.approx(1)
    mean, deviation = (torch.tensor(TINY[name]).view(3, 1, 1) for name in ("mean", "std"))
    expected = (aligned(portrait(112), height=32, width=32) - mean) / deviation
    assert torch.allclose(seen[0], expected, atol=1e-5)


def test_identity_is_a_cosine_pair_by_pair(tiny, faces):
    assert identity(tiny, faces, faces).tolist() == pytest.approx([1] * len(faces), abs=1e-5)
    others = faces[torch.arange(len(faces)).roll(1)]
    alike = identity(tiny, faces, others)
    assert alike.shape == (len(faces),)
    assert (alike < 1 - 1e-4).all()
    assert torch.allclose(identity(tiny, others, faces), alike, atol=1e-5)
    assert torch.allclose(identity(tiny, faces[:3], others[:3]), alike[:3], atol=1e-5)


def test_a_face_without_landmarks_is_refused(tiny, faces):
    with pytest.raises(ValueError, match="without landmarks"):
        identity(tiny, faces, Faces(faces.image))


def test_a_recogniser_out_of_reach_says_what_to_do(monkeypatch):
    def unreachable(*_, **__):
        raise LocalEntryNotFoundError("no connection\nand more")

    monkeypatch.setattr("timm.models._hub.hf_hub_download", unreachable)
    with pytest.raises(UsageError, match=r"local-dir:FOLDER: no connection$"):
        recogniser("hf_hub:someone/recogniser")


@pytest.mark.parametrize("name", ["local-dir:nowhere", "no-such-network", "someone/recogniser"])
def test_a_recogniser_that_is_not_there_is_named(name):
    with pytest.raises(UsageError, match=f"recogniser '{name}' cannot be loaded"):
        recogniser(name)


def test_a_broken_folder_is_named(tmp_path, folder):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(UsageError, match="cannot be loaded"):
        recogniser(f"local-dir:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(b"half")
    with pytest.raises(UsageError, match="cannot be loaded"):
        recogniser(f"local-dir:{tmp_path}")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="cannot be loaded"):
        recogniser(f"local-dir:{tmp_path}")


# A threshold


class Spots:
    """A recogniser that tells people apart by the red and green of the picture's first pixel."""

    name, threshold = "spots", 0.5

    def __call__(self, faces):
        return faces.image[:, :2, 0, 0]


def spots(*values, people=None):
    image = torch.zeros(len(values), 3, 4, 4)
    image[:, :2] = torch.tensor(values)[:, :, None, None]
    return Faces(image, region=torch.ones(len(values), 1, 4, 4), identity=people)


def test_a_distance_and_which_are_below_the_threshold_by_hand():
    source, exemplar = spots((0.0, 0.0), (0.0, 0.0)), spots((0.6, 0.8), (0.0, 0.4))
    made = Edit(source, exemplar, None, spots((0.3, 0.4), (0.0, 0.4)).image)
    rows = Identity(Spots()).add(source, exemplar, made)
    assert {name[1:]: values.tolist() for name, values in rows.items()} == {
        ("distance", "edit"): pytest.approx([0.5, 0.4]),
        ("below", "edit"): [0, 1],
        ("distance", "exemplar"): pytest.approx([0.5, 0]),
        ("below", "exemplar"): [0, 1],
        ("distance", "pair"): pytest.approx([1, 0.4]),
        ("below", "pair"): [0, 1],
    }


def test_a_threshold_is_wrong_about_so_many_pairs():
    """Ten people at places 1 apart, two photographs each at one place, but for one person whose
    second lies at his neighbour's."""
    people = torch.arange(10).repeat_interleave(2)
    places = torch.stack([people.float(), torch.zeros(20)], 1)
    places[1] += torch.tensor([1.0, 0.0])
    found = errors(places, people, 0.5)
    assert found["same_above"]["value"] == pytest.approx(1 / 10)
    assert found["different_below"]["value"] == pytest.approx(2 / 180)
    for figure in found.values():
        assert 0 <= figure["low"] < figure["value"] < figure["high"]


def test_of_one_photograph_a_person_no_one_is_missed():
    found = errors(torch.arange(12.0)[:, None], torch.arange(12), 0.5)
    assert found["same_above"] == {"value": None, "low": None, "high": None}
    assert found["different_below"]["value"] == 0


def test_a_report_has_the_errors_only_where_people_are_known():
    source = spots((0.0, 0.0), (1.0, 0.0))
    looked = Identity(Spots())
    looked.add(source, source, Edit(source, source, None, source.image))
    assert looked.described(None, 0) == {"recogniser": "spots", "threshold": 0.5}
    assert looked.described(torch.tensor([1, 2]), 0)["errors"]["different_below"]["value"] == 0


# dlib's, with its real weights


@pytest.fixture(scope="module")
def dlibs():
    found = dlib_recogniser()
    if found is None:
        pytest.skip("the extra 'identity' is not installed")
    return found


def test_dlib_knows_a_drawn_face_that_moves_and_takes_no_other_for_it(dlibs, faces):
    some = faces[torch.arange(3)]
    moved = replace(
        some,
        image=torch.roll(some.image, (3, -4), dims=(2, 3)),
        landmarks=some.landmarks + torch.tensor([-4.0, 3.0]),
    )
    seen, again = dlibs(some), dlibs(moved)
    assert seen.shape == (3, 128)
    assert (seen - again).norm(dim=1).max() < 0.05
    assert torch.cdist(seen, seen)[~torch.eye(3, dtype=torch.bool)].min() > 0.4
    astray = dlibs(replace(moved, landmarks=some.landmarks))
    assert (seen - astray).norm(dim=1).min() > 0.1


def test_dlib_looks_at_a_face_once(dlibs, faces, monkeypatch):
    seen = dlibs(faces[torch.arange(2)])
    monkeypatch.setattr(dlibs, "_network", None)
    assert torch.equal(dlibs(faces[torch.tensor([1, 0])]), seen.flip(0))


def test_dlib_wants_landmarks(dlibs, faces):
    with pytest.raises(ValueError, match="without landmarks"):
        dlibs(Faces(faces.image))
