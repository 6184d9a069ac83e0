"""Masks: 1 is to be filled, a region moves with its face, and strokes are the face's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.photographs import HIGH, MASKS, PLAIN_MASK, WIDE, layered, lit
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.file import mask_of
from ebgan_kit.parts.masks.region import region
from ebgan_kit.recipe.tables import table
from ebgan_kit.regions import COMPONENTS, NAMES
from ebgan_kit.registry.plugins import registry
from ebgan_kit.rng import Chance
from ebgan_kit.types import PARTS, Faces

KEYS: dict[str, dict[str, Any]] = {"file": {"path": None}, "any-of": {"of": [{"use": "freeform"}]}}
"""Keys that a mask cannot do without."""


def mask(use: str, **keys: Any) -> Callable[[Faces, Chance], torch.Tensor]:
    return table("mask", {"use": use, **keys}, "mask").build()


def chance(numbers: list[int], seed: int = 0) -> Chance:
    return Chance(seed, torch.tensor(numbers))


def blank(count: int, height: int = 64, width: int = 64) -> Faces:
    return Faces(torch.zeros(count, 3, height, width))


NUMBERS = list(range(16))


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, dict[str, Any]]:
    picture = Image.new("L", (32, 32))
    picture.paste(255, (8, 8, 24, 16))
    picture.save(tmp_path / "mask.png")
    return KEYS | {"file": {"path": str(tmp_path / "mask.png")}}


@pytest.mark.parametrize("name", registry().parts["mask"])
def test_every_mask_fills_something_of_every_face(
    name: str, faces: Faces, keys: dict[str, dict[str, Any]]
) -> None:
    filled = mask(name, **keys.get(name, {}))(faces, chance(NUMBERS))
    assert (filled.sum((1, 2, 3)) > 0).all()


# Regions


def turned(faces: Faces, degrees: float) -> Faces:
    """The landmarks turned about the middle of the image, clockwise as it is seen."""
    angle = math.radians(degrees)
    matrix = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return replace(faces, landmarks=(faces.landmarks - 32) @ matrix + 32)


@pytest.mark.parametrize("grow", [0.3, -0.1])
def test_an_outline_grows_by_its_own_face_alone(grow: float, faces: Faces) -> None:
    part = mask("region", regions=["face"], by="parts", grow=grow)
    together = part(faces, chance(NUMBERS))
    for number in (3, 5):
        assert torch.equal(part(faces[number : number + 1], chance([number])), together[[number]])
    plain = mask("region", regions=["face"], by="parts")(faces, chance(NUMBERS))
    assert torch.equal(torch.maximum(plain, together), together if grow > 0 else plain)
    assert not torch.equal(plain, together)


@pytest.mark.parametrize("name", NAMES)
def test_a_region_rolls_with_its_face(name: str, faces: Faces) -> None:
    upright = region(faces, chance(NUMBERS), regions=(name,))
    rolled = region(turned(faces, 90), chance(NUMBERS), regions=(name,))
    expected = torch.rot90(upright, -1, (2, 3))
    assert (rolled != expected).float().mean() < 2e-3
    assert (rolled != upright).float().mean() > 0.02


@pytest.mark.parametrize("name", NAMES)
def test_a_region_moves_with_its_face(name: str, faces: Faces) -> None:
    here = region(faces, chance(NUMBERS), regions=(name,))
    moved = replace(faces, landmarks=faces.landmarks + torch.tensor([6.0, -4.0]))
    there = region(moved, chance(NUMBERS), regions=(name,))
    assert torch.equal(there[:, :, :-4, 6:], here[:, :, 4:, :-6])


@pytest.mark.parametrize(
    ("name", "points"), [("mouth", (3, 4)), ("eyes", (0, 1)), ("nose", (2,)), ("face", range(5))]
)
def test_a_region_holds_its_landmarks(name: str, points: tuple[int, ...], faces: Faces) -> None:
    filled = region(faces, chance(NUMBERS), regions=(name,))
    for point in points:
        x, y = faces.landmarks[:, point].long().unbind(1)
        assert (filled[torch.arange(16), 0, y, x] == 1).all()


def test_a_region_does_not_hold_its_neighbours(faces: Faces) -> None:
    mouth = region(faces, chance(NUMBERS), regions=("mouth",))
    for point in (0, 1):
        x, y = faces.landmarks[:, point].long().unbind(1)
        assert (mouth[torch.arange(16), 0, y, x] == 0).all()


@pytest.mark.parametrize("by", ["landmarks", "parts"])
def test_components_are_the_four_together(faces: Faces, by: str) -> None:
    each = [region(faces, chance(NUMBERS), regions=(name,), by=by) for name in COMPONENTS]
    together = region(faces, chance(NUMBERS), regions=("components",), by=by)
    assert torch.equal(together, torch.stack(each).amax(0))
    assert torch.equal(region(faces, chance(NUMBERS), regions=COMPONENTS, by=by), together)


@pytest.mark.parametrize("name", NAMES)
def test_a_region_covers_the_true_edit(name: str) -> None:
    data = Synthetic(size=64, count=200)
    source, exemplar = data.__getitems__(range(100)), data.__getitems__(range(100, 200))
    changed = (data.truth(source, exemplar, (name,)) - source.image).abs().amax(1) > 2 / 127.5
    filled = region(source, chance(list(range(100))), regions=(name,))[:, 0] > 0
    assert changed.any()
    assert (filled & changed).sum() / changed.sum() >= 0.99


def test_outlines_are_the_part_labels(faces: Faces) -> None:
    filled = region(faces, chance(NUMBERS), regions=("mouth",), by="parts")[:, 0]
    labels = torch.tensor([PARTS.index(name) for name in ("mouth", "u_lip", "l_lip")])
    assert torch.equal(filled > 0, torch.isin(faces.parts, labels))


@pytest.mark.parametrize("by", ["landmarks", "parts"])
def test_a_grown_region_holds_the_one_it_grew_from(faces: Faces, by: str) -> None:
    plain = region(faces, chance(NUMBERS), regions=("mouth",), by=by)
    grown = region(faces, chance(NUMBERS), regions=("mouth",), by=by, grow=0.2)
    assert (grown >= plain).all()
    assert (grown.sum((1, 2, 3)) > plain.sum((1, 2, 3))).all()


def test_a_region_may_shrink(faces: Faces) -> None:
    plain = region(faces, chance(NUMBERS), regions=("mouth",))
    shrunk = region(faces, chance(NUMBERS), regions=("mouth",), grow=-0.2)
    assert (shrunk <= plain).all()
    assert (shrunk.sum((1, 2, 3)) < plain.sum((1, 2, 3))).all()


def test_what_a_region_needs() -> None:
    with pytest.raises(UsageError, match=r"\[mask\] region: this data has no landmarks"):
        mask("region")(blank(2), chance([0, 1]))
    with pytest.raises(UsageError, match=r"\[mask\] region: this data has no part labels"):
        mask("region", by="parts")(blank(2), chance([0, 1]))


# Masks that do not look at the face


def test_a_box_to_the_pixel() -> None:
    filled = mask("box", left=0.25, top=0.5, right=0.75, bottom=1.0)(
        blank(2, 8, 16), chance([0, 1])
    )
    expected = torch.zeros(2, 1, 8, 16)
    expected[:, :, 4:8, 4:12] = 1
    assert torch.equal(filled, expected)


def test_whole() -> None:
    assert mask("whole")(blank(2), chance([0, 1])).min() == 1


def test_strokes_differ_between_faces_and_seeds() -> None:
    strokes = mask("freeform")
    filled = strokes(blank(16), chance(NUMBERS))
    assert len({tuple(each.flatten().tolist()) for each in filled}) == 16
    assert not torch.equal(filled, strokes(blank(16), chance(NUMBERS, seed=1)))


def test_more_and_thicker_strokes_fill_more() -> None:
    def share(**keys: Any) -> float:
        return float(mask("freeform", **keys)(blank(16), chance(NUMBERS)).mean())

    assert 0.02 < share() < 0.6
    assert share(strokes=8) > share() > share(strokes=1)
    assert share(thickness=0.3) > share() > share(thickness=0.05)
    assert share(length=0.5) > share(length=0.1)


def test_a_file_is_cut_at_one_half(tmp_path: Path) -> None:
    picture = Image.new("L", (4, 4))
    picture.putdata([0, 127, 128, 255] * 4)
    picture.save(tmp_path / "mask.png")
    filled = mask("file", path=str(tmp_path / "mask.png"))(blank(3, 4, 4), chance([0, 1, 2]))
    assert filled[:, 0].tolist() == [[[0.0, 0.0, 1.0, 1.0]] * 4] * 3


def test_a_file_is_stretched(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 20))
    picture.paste("white", (0, 0, 20, 20))
    picture.save(tmp_path / "mask.png")
    filled = mask("file", path=str(tmp_path / "mask.png"))(blank(1), chance([0]))
    assert filled.shape == (1, 1, 64, 64)
    assert filled[..., :31].min() == 1
    assert filled[..., 33:].max() == 0


@pytest.mark.parametrize("name", MASKS)
def test_a_file_of_any_kind(name: str, tmp_path: Path) -> None:
    """Upright, scaled from its own depth, and not filled where it is transparent."""
    (tmp_path / "mask").write_bytes(MASKS[name])
    filled = mask("file", path=str(tmp_path / "mask"))(blank(1, HIGH, WIDE), chance([0]))[0, 0]
    assert torch.equal(filled, torch.from_numpy(lit(0, 1, "f4")))


@pytest.mark.parametrize("colour", [(255, 255, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)])
def test_a_file_that_fills_nothing(colour: tuple[int, ...]) -> None:
    """All transparent, or all black: there is no drawing in either."""
    assert not mask_of(Image.new("RGBA", (8, 8), colour)).any()


def test_light_is_what_is_filled_where_there_is_any() -> None:
    """Black beside white on transparency is black, as on any other mask."""
    image = layered((255, 255, 255, 255), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 10, 10))
    assert torch.equal(mask_of(image), mask_of(PLAIN_MASK))


def test_a_file_that_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("hello")
    with pytest.raises(UsageError, match=r"mask.png cannot be read as an image"):
        mask("file", path=str(tmp_path / "mask.png"))


# Mixtures


def test_a_mixture_follows_its_weights() -> None:
    many = 2000
    mixture = mask(
        "any-of",
        of=[
            {"use": "whole", "weight": 3},
            {"use": "box", "left": 0.0, "right": 0.5, "top": 0.0, "bottom": 1.0},
            {"use": "whole", "weight": 0},
        ],
    )
    filled = mixture(blank(many, 2, 2), chance(list(range(many)))).mean((1, 2, 3))
    assert set(filled.tolist()) == {0.5, 1.0}
    assert (filled == 1).float().mean().item() == pytest.approx(0.75, abs=0.03)


HALVES = [
    {"use": "box", "left": 0.0, "right": 0.5, "top": 0.0, "bottom": 1.0},
    {"use": "box", "left": 0.5, "right": 1.0, "top": 0.0, "bottom": 1.0},
]


def test_a_group_of_a_mixture_has_one_mask_the_first_ones() -> None:
    numbers = list(range(80))
    alone, together = (
        mask("any-of", of=HALVES, group=n)(blank(80, 2, 2), chance(numbers)) for n in (1, 4)
    )
    each = together.view(20, 4, -1)
    assert torch.equal(each, each[:, :1].expand_as(each))
    assert torch.equal(each[:, 0], alone.view(20, 4, -1)[:, 0])
    assert 4 <= each[:, 0, 0].sum() <= 16
    assert not torch.equal(alone, together)
    part = mask("any-of", of=HALVES, group=4)(blank(8, 2, 2), chance(numbers[40:48]))
    assert torch.equal(part, together[40:48])


def test_strokes_of_a_group_are_each_faces_own() -> None:
    filled = mask("any-of", of=[{"use": "freeform"}], group=4)(blank(4), chance([0, 1, 2, 3]))
    assert torch.equal(filled, mask("freeform")(blank(4), chance([0, 1, 2, 3])))
    assert len({tuple(each.flatten().tolist()) for each in filled}) == 4


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ([{"use": "boxx"}], r"\[mask.of\] use: no mask is called 'boxx'; did you mean 'box'"),
        ([{"use": "box", "lefft": 0.1}], r"\[mask.of\] has no key 'lefft'; did you mean 'left'"),
        ([{"use": "box", "weight": -1}], "weight"),
        ([{"use": "box", "weight": 0}], "weight"),
        ([{"use": "box", "weight": [1]}], r"a weight in mask\.of is a number, and not \[1\]"),
        ([{"use": "box", "weight": {"from": 0, "to": 1, "by": 9}}], "is a number, and not {'from'"),
        ([{"use": "box", "weight": True}], "is a number, and not True"),
    ],
)
def test_a_wrong_mixture(of: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        mask("any-of", of=of)
