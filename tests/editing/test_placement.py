"""Where a change lies in its photographs, and how softly it ends there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.photographs import box, photograph
from PIL import Image

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.model_view import LIFT
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.images.crop import Eyes, Frame
from ebgan_kit.images.levels import pixels

SIZE = (200, 240)
FACE = (70.0, 90.0, 130.0, 90.0, 100.0, 156.0)
"""Eyes that are 60 pixels apart, and a mouth 1.1 of that below them."""


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def face(depth: float, turn: complex = 1, corner: complex = 60 + 60j) -> Eyes:
    """A face whose mouth is so far below its eyes, in their distance of 50 pixels."""
    points = [corner + turn * point for point in (0, 50, 25 + 50j * depth)]
    x, y, other_x, other_y, mouth_x, mouth_y = (n for p in points for n in (p.real, p.imag))
    return x, y, other_x, other_y, mouth_x, mouth_y


def exemplars_mouth(editor: Editor, eyes: Eyes, mask: Any = "mouth") -> float:
    """How far below the source's mouth the exemplar's comes to lie, in distances of the eyes."""
    source, exemplar = (photograph(*SIZE, seed=seed) for seed in (0, 1))
    change = Change(exemplar, mask, eyes=eyes)
    place = editor.view.placed(Request(source, [change], FACE), change)
    left, right = editor.header.template[:2]
    return (depth_in(place.there, eyes) - depth_in(place.here, FACE)) / (right[0] - left[0])


def depth_in(frame: Frame, eyes: Eyes) -> float:
    return ((complex(*eyes[4:]) - frame.corner) / frame.edge).imag


@pytest.mark.parametrize("turn", [1, 1j, -1], ids=["upright", "on its side", "on its head"])
@pytest.mark.parametrize("more", [-0.3, 0.3])
def test_a_mouth_comes_to_lie_where_the_sources_does(
    editor: Editor, more: float, turn: complex
) -> None:
    corner = 100 + 120j - turn * (25 + 25j)
    eyes = face(1.1 + more, turn, corner)
    assert exemplars_mouth(editor, eyes) == pytest.approx(LIFT if more > 0 else -LIFT, abs=1e-6)


def test_a_mouth_that_a_smile_may_have_lifted_stays_so(editor: Editor) -> None:
    for more in (-0.04, 0.04):
        assert exemplars_mouth(editor, face(1.1 + more)) == pytest.approx(more, abs=1e-6)


def test_other_regions_lie_by_the_eyes_alone(editor: Editor) -> None:
    for mask in ("eyes", ["mouth", "eyes"], box(*SIZE, 70, 130, 130, 170)):
        assert exemplars_mouth(editor, face(0.8), mask) == pytest.approx(-0.3, abs=1e-6)


def test_a_mouth_that_nobody_knows_lies_by_the_eyes_alone(editor: Editor) -> None:
    source, exemplar = (photograph(*SIZE, seed=seed) for seed in (0, 1))
    known = editor.edit(source, exemplar, "mouth", eyes=FACE, exemplar_eyes=face(0.8))
    for own, theirs in ((FACE[:4], face(0.8)), (FACE, face(0.8)[:4]), (FACE[:4], face(0.8)[:4])):
        edited = editor.edit(source, exemplar, "mouth", eyes=own, exemplar_eyes=theirs)
        assert edited == editor.edit(source, exemplar, "mouth", eyes=FACE, exemplar_eyes=face(1.1))
        assert edited != known


@pytest.mark.parametrize("depth", [0.3, 3.0, 1e300, float("inf")])
def test_what_is_no_mouth_moves_nothing(editor: Editor, depth: float) -> None:
    source, exemplar = (photograph(*SIZE, seed=seed) for seed in (0, 1))
    there = *FACE[:5], 90 + 60 * depth
    edited = editor.edit(source, exemplar, "mouth", eyes=FACE, exemplar_eyes=there)
    assert edited == editor.edit(source, exemplar, "mouth", eyes=FACE, exemplar_eyes=FACE[:4])


@pytest.mark.parametrize(
    ("mask", "eyes", "feather", "width"),
    [
        ("mouth", FACE, None, 12),
        ("mouth", FACE, 0, 0),
        ("mouth", FACE, 7, 7),
        ("mouth", None, None, 0),
        (box(*SIZE, 70, 130, 130, 170), FACE, None, 0),
    ],
    ids=["a fifth of the distance", "none asked", "given", "no eyes", "a mask"],
)
def test_an_edge_is_soft_where_a_region_of_a_known_face_is_named(
    editor: Editor, mask: Any, eyes: Eyes | None, feather: int | None, width: int
) -> None:
    source, exemplar = (photograph(*SIZE, seed=seed) for seed in (0, 1))
    hard, soft, asked = (
        _edited(editor, source, exemplar, mask, eyes, wide) for wide in (0, feather, width)
    )
    assert torch.equal(soft, asked)
    assert torch.equal(soft, hard) == (width == 0)


@pytest.mark.parametrize(
    ("mask", "grow", "width"),
    [("mouth", 0.1, 24), ("mouth", -0.1, 12), (("mouth", "nose"), 0.1, 12), ("nose", 0.1, 12)],
)
def test_a_mouth_that_reaches_the_jaw_has_a_wider_edge(
    editor: Editor, mask: Any, grow: float, width: int
) -> None:
    learned = {"use": "region", "regions": ["mouth"], "grow": grow}
    header = replace(editor.header, recipe={**editor.header.recipe, "mask": learned})
    editor = replace(editor, header=header)
    source, exemplar = (photograph(*SIZE, seed=seed) for seed in (0, 1))
    by_itself, asked = (
        _edited(editor, source, exemplar, mask, FACE, wide) for wide in (None, width)
    )
    assert torch.equal(by_itself, asked)


def _edited(
    editor: Editor, source: Image.Image, exemplar: Image.Image, mask: Any, eyes: Any, wide: Any
) -> torch.Tensor:
    request = Request(source, [Change(exemplar, mask, eyes=eyes)], eyes, wide)
    (edited,) = editor.edit_all([request])
    return pixels(edited)
