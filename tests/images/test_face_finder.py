"""Faces are found in any photograph, and each that cannot be edited has its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.crowds import crowd, drawn, points
from PIL import ExifTags, Image, ImageDraw

from ebgan_kit.errors import UsageError
from ebgan_kit.images import yunet
from ebgan_kit.images.crop import Frame
from ebgan_kit.images.face import Face
from ebgan_kit.images.face_finder import NoFace, choose_face, find_faces
from ebgan_kit.parts.data.celeba import aligned_template

pytestmark = pytest.mark.skipif(yunet.weights() is None, reason="no face finder is installed")


def off(face: Face, landmarks: tuple[complex, ...]) -> float:
    """How far both eyes are off, in distances of the eyes."""
    apart = abs(landmarks[1] - landmarks[0])
    return max(abs(face.landmarks[at] - landmarks[at]) for at in (0, 1)) / apart


@pytest.mark.parametrize(
    ("size", "place"),
    [
        ((256, 256), (0, 0, 256)),
        ((640, 480), (300, 100, 256)),
        ((80, 70), (4, 2, 64)),
        ((3000, 4000), (1300, 200, 900)),
        ((4000, 3000), (2800, 300, 260)),
    ],
)
def test_a_face_of_any_size(size: tuple[int, int], place: tuple[int, int, int]) -> None:
    photograph = crowd(size, place)
    assert len(find_faces(photograph)) == 1
    assert off(choose_face(photograph), points(0, *place)) < 0.25


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("place", [(300, 100, 256), (80, 60, 60)])
def test_a_face_that_is_turned(place: tuple[int, int, int], quarters: int) -> None:
    """The frame is turned with it: left stays the side of the left eye."""
    photograph = crowd((640, 480), place).rotate(90 * quarters, expand=True)
    turned = {
        0: lambda p: p,
        1: lambda p: complex(p.imag, 640 - p.real),
        2: lambda p: complex(640, 480) - p,
        3: lambda p: complex(480 - p.imag, p.real),
    }[quarters]
    landmarks = tuple(map(turned, points(0, *place)))
    face = choose_face(photograph)
    assert off(face, landmarks) < 0.25
    frame = Frame.about(face.eyes, aligned_template(), *photograph.size)
    expected = (landmarks[1] - landmarks[0]) / abs(landmarks[1] - landmarks[0])
    assert abs(frame.edge / abs(frame.edge) - expected) < 0.25


def test_a_camera_that_was_held_on_its_side(tmp_path: Path) -> None:
    place = (300, 100, 256)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    crowd((640, 480), place).rotate(90, expand=True).save(tmp_path / "side.png", exif=exif)
    with Image.open(tmp_path / "side.png") as image:
        assert off(choose_face(image), points(0, *place)) < 0.25


def test_several_faces_go_by_their_size() -> None:
    places = [(40, 60, 160), (300, 100, 300), (700, 300, 110)]
    photograph = crowd((900, 500), *places)
    assert len(find_faces(photograph)) == 3
    for number, which in enumerate((1, 0, 2), start=1):
        assert off(choose_face(photograph, number), points(which, *places[which])) < 0.25
    with pytest.raises(UsageError, match=r"there is no face 4: the faces go from 1, .* to 3"):
        choose_face(photograph, 4)


def test_a_face_that_is_partly_covered() -> None:
    photograph = crowd((400, 400), (60, 60, 280))
    landmarks = points(0, 60, 60, 280)
    left, right = landmarks[3].real - 30, landmarks[4].real + 30
    ImageDraw.Draw(photograph).rectangle((left, landmarks[2].imag + 12, right, 330), "white")
    assert off(choose_face(photograph), landmarks) < 0.25


@pytest.mark.parametrize("size", [(900, 700), (1, 1), (3000, 2), (16, 16)])
def test_no_face_at_all(size: tuple[int, int]) -> None:
    assert find_faces(Image.new("RGB", size, (96, 120, 132))) == []
    with pytest.raises(NoFace, match="no face was found: give the eyes by hand: --eyes"):
        choose_face(
            Image.fromarray(np.random.default_rng(0).integers(256, size=size, dtype=np.uint8))
        )


def test_a_face_from_the_side(monkeypatch: pytest.MonkeyPatch) -> None:
    photograph, (left, _, nose, *mouth) = drawn(0)
    profile = Face((40, 40, 200, 220), (left, left + 20, nose, *mouth), 0.95)
    monkeypatch.setattr("ebgan_kit.images.face_finder.find_faces", lambda image: [profile])
    with pytest.raises(UsageError, match="the face is seen from the side, and models know faces"):
        choose_face(photograph)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "I;16"])
def test_a_picture_of_any_mode(mode: str) -> None:
    image: Any = drawn(0)[0]
    if mode == "I;16":
        image = image.convert("L").point(lambda level: level * 257, "I").convert("I;16")
    else:
        image = image.convert(mode)
    assert len(find_faces(image)) == 1
