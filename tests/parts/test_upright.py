"""Level squares about regions, and maps laid back over the region's own square."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.region import area
from ebgan_kit.parts.nn.upright import FINE, laid, level_square, upright
from ebgan_kit.parts.nn.view import close_up, square_about, view_of
from ebgan_kit.types import Faces, region_of


@pytest.fixture
def faces() -> Faces:
    drawn = Synthetic(size=64, count=24).__getitems__(range(24))
    return replace(drawn, region=area(drawn, ("mouth",)))


def energy(image: Tensor) -> float:
    """The gradient energy across."""
    return float((image[..., 1:] - image[..., :-1]).square().mean())


def test_a_level_square_is_filled_by_its_region(faces: Faces) -> None:
    level = level_square(faces)
    _, half = square_about(region_of(level))
    assert level.image.shape == faces.image.shape
    assert half.min() > 1 - 2 / 64
    corners = region_of(level)[:, 0, [1, 1, -2, -2], [1, -2, 1, -2]]
    assert not corners.any()  # a mouth's rounded box is level: all four corners are free


def test_a_map_of_the_level_square_comes_back_where_it_was(faces: Faces) -> None:
    level = level_square(faces)
    there = laid(level.image, faces)
    own = close_up(faces.image, region_of(faces), there.shape[-1])
    inside = close_up(region_of(faces), region_of(faces), there.shape[-1]) > 0.99
    assert there.shape[-1] == FINE * level.image.shape[-1]
    off = ((there - own).abs() * inside).sum() / (3 * inside.sum())
    assert off < 0.02
    assert ((own - own.flip(3)).abs() * inside).sum() / (3 * inside.sum()) > 0.05


def test_an_encoder_sees_what_is_a_pixel_wide(faces: Faces) -> None:
    level, whole = level_square(faces), upright(faces)
    sharp, blurred = (
        view_of(seen.image, region_of(seen), "close")[:, :3] for seen in (level, whole)
    )
    assert energy(sharp) > 1.15 * energy(blurred)


def test_without_landmarks_faces_and_maps_stay(faces: Faces) -> None:
    unknown = replace(faces, landmarks=None)
    assert level_square(unknown) is unknown
    code = torch.zeros(24, 3, 8, 8)
    assert laid(code, unknown) is code
