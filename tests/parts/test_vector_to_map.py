"""A code that is a vector is met as a map of the region's square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.models.ebgan import Ebgan
from ebgan_kit.parts.nn.vector_to_map import VectorToMap
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Faces, Task

Tiny = Callable[..., Recipe]


@pytest.mark.parametrize("side", [1, 4, 5, 16, 20, 24, 32, 48])
def test_a_map_of_any_side_is_drawn_and_differs_from_place_to_place(side: int) -> None:
    torch.manual_seed(0)
    drawn = VectorToMap(8, 3, side)(torch.randn(2, 8, 1, 1))
    assert drawn.shape == (2, 3, side, side)
    places = drawn.flatten(2).unique(dim=2).shape[2]
    assert places == side * side


class Vector(nn.Module):
    """An encoder of no colours: its code is one, whatever it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(1, 4, 1, 1))

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return self.one.expand(len(image), -1, -1, -1)


class Shown(nn.Module):
    """A generator that shows the map it meets as an image."""

    def __init__(self, code_shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.code_shape = code_shape

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        return (masked,)

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        assert code.shape[1:] == self.code_shape
        return nn.functional.interpolate(code, context[0].shape[-2:])


def across(image: Tensor) -> Tensor:
    """[B]: how much brighter images become from left to right."""
    return (image[..., 32:] - image[..., :32]).mean((1, 2, 3))


@pytest.mark.parametrize("turn", [0.0, 90.0, 180.0])
def test_the_decoder_meets_the_map_as_the_face_lies(turn: float) -> None:
    """It grows brighter from the face's right to its left, whichever way up that is."""
    parts: dict[str, Any] = {"encoder": lambda _: Vector(), "generator": Shown}
    model = Ebgan(
        Task(64), lambda kind, *given: parts[kind](*given), code=4, map_channels=3, upright=True
    )
    ramp = torch.linspace(-1, 1, 16).expand(1, 3, 16, 16)
    model.drawn_map.register_forward_hook(lambda *_: ramp)
    angle = torch.tensor(turn).deg2rad()
    eyes = torch.stack(
        [torch.stack([-angle.cos(), -angle.sin()]), torch.stack([angle.cos(), angle.sin()])]
    )
    region = torch.zeros(1, 1, 64, 64)
    region[..., 16:48, 16:48] = 1
    face = Faces(torch.zeros(1, 3, 64, 64), region, landmarks=(32 + 10 * eyes)[None])
    with torch.no_grad():
        shown = model.edit(face, face).completed
    assert across(shown).item() == pytest.approx(float(angle.cos()), abs=0.05)
    assert across(shown.mT).item() == pytest.approx(float(angle.sin()), abs=0.05)


def test_a_code_that_is_a_map_already_is_refused(tiny: Tiny) -> None:
    with pytest.raises(UsageError, match=r'is a map already: set encoder\.shape = "vector"'):
        build_networks(tiny("model.map_channels=3", "encoder.shape=map"))
