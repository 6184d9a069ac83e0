"""The guided generator: each place of the code reaches its own place of the region."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ebgan_kit.parts.generators.guided import Guided
from ebgan_kit.parts.generators.window import Window
from ebgan_kit.types import Task

SIZE, SIDE = 64, 8
"""Pixels of the image; places of the code along each axis."""

Box = tuple[int, int, int, int]
"""Top, bottom, left and right."""


def box(top: int, bottom: int, left: int, right: int) -> Tensor:
    region = torch.zeros(1, 1, SIZE, SIZE)
    region[..., top:bottom, left:right] = 1
    return region


def guided(kind: type[Window] = Guided, **keys: Any) -> Window:
    """One that is flat: what it meets in one place it cannot carry far."""
    torch.manual_seed(0)
    keys = {"window": 32, "width": 4, "depth": 1, "blocks": 0} | keys
    return kind(Task(SIZE), (4, SIDE, SIDE), **keys)


def drawn(generator: Window, region: Tensor, code: Tensor) -> Tensor:
    image = torch.full((1, 3, SIZE, SIZE), 0.25)
    with torch.no_grad():
        return generator.decode(generator.encode(image * (1 - region), region), code)


def changed(generator: Window, region: Tensor, row: int, column: int) -> Tensor:
    """[H, W]: how much each pixel changes with one place of the code."""
    code = torch.randn(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    other = code.clone()
    other[:, :, row, column] += 2
    return (drawn(generator, region, other) - drawn(generator, region, code)).abs().sum(1)[0]


def centre_of(change: Tensor) -> tuple[float, float]:
    """Its row and column, by weight."""
    place, weight = torch.arange(SIZE) + 0.5, change / change.sum()
    return float(weight.sum(1) @ place), float(weight.sum(0) @ place)


@pytest.mark.parametrize("here", [(20, 44, 16, 40), (26, 38, 18, 42), (8, 32, 38, 50)])
@pytest.mark.parametrize("place", [(1, 1), (2, 6), (5, 3), (4, 4)])
def test_a_place_of_the_code_is_drawn_where_it_lies_in_the_region(
    here: Box, place: tuple[int, int]
) -> None:
    """In the square about it; a pixel that is far from there does not change."""
    top, bottom, left, right = here
    side = max(bottom - top, right - left)
    first = (top + bottom - side) / 2, (left + right - side) / 2
    expected = [at + (p + 0.5) * side / SIDE for at, p in zip(first, place, strict=True)]
    change = changed(guided(), box(*here), *place)
    assert centre_of(change) == pytest.approx(expected, abs=1.5)
    row, column = (torch.arange(SIZE) + 0.5 - at for at in expected)
    distance = torch.maximum(row.abs()[:, None], column.abs()[None])
    assert change[distance < 3].mean() > 0.01
    assert change[distance > 10].max() == 0


def test_what_the_code_draws_moves_with_the_region() -> None:
    here = changed(guided(), box(20, 44, 16, 40), 3, 5)
    there = changed(guided(), box(26, 50, 10, 34), 3, 5)
    assert here.max() > 0.05
    assert torch.allclose(there, here.roll((6, -6), (0, 1)), atol=1e-5)


def test_a_larger_region_shows_the_code_larger() -> None:
    small, large = (
        centre_of(changed(guided(), box(*each), 3, 6))[1]
        for each in ((24, 40, 24, 40), (16, 48, 16, 48))
    )
    assert large - 32 == pytest.approx(2 * (small - 32), abs=1.5)


def test_a_deep_one_still_draws_a_place_in_its_place() -> None:
    """Whatever passes the bottleneck, too."""
    change = changed(guided(depth=3, blocks=1), box(20, 44, 16, 40), 1, 1)
    expected = 20 + 1.5 * 3, 16 + 1.5 * 3
    near = change[int(expected[0]) - 3 :, int(expected[1]) - 3 :][:6, :6].mean()
    far = change[36:44, 32:40].mean()
    assert near > 5 * far


@pytest.mark.parametrize("here", [(26, 38, 18, 42), (52, 64, 30, 46), (4, 60, 4, 60)])
def test_outside_the_window_the_masked_source_stays(here: Box) -> None:
    region = box(*here)
    image = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2)) * 2 - 1
    masked = image * (1 - region)
    generator, twin = guided(), guided(Window)
    with torch.no_grad():
        completed = generator.decode(generator.encode(masked, region), torch.ones(1, 4, SIDE, SIDE))
        other = twin.decode(twin.encode(masked, region), torch.ones(1, 4, SIDE, SIDE))
    window, theirs = (each != masked for each in (completed, other))
    assert torch.equal(window.any(1), theirs.any(1))  # where a `window` draws, too
    rows, columns = (window.any(1)[0].any(axis).nonzero() for axis in (1, 0))
    top, bottom, left, right = here
    side = max(32, bottom - top, right - left)
    assert len(rows) == len(columns) == side
    assert rows[0] <= top < bottom <= rows[-1] + 1
    assert columns[0] <= left < right <= columns[-1] + 1


def test_a_code_without_places_is_met_everywhere() -> None:
    torch.manual_seed(0)
    generator = Guided(Task(SIZE), (4, 1, 1), window=32, width=4, depth=1, blocks=0)
    region = box(20, 44, 16, 40)
    change = drawn(generator, region, torch.ones(1, 4, 1, 1)) - drawn(
        generator, region, torch.zeros(1, 4, 1, 1)
    )
    assert (change[..., 20:44, 16:40].abs().amax(1) > 1e-3).all()


def test_a_trained_network_may_go_on_with_blocks_in_its_decoder() -> None:
    """Its weights keep their names, and the blocks learn beside them."""
    plain, deep = guided(), guided(decoder_blocks=1)
    new, unknown = deep.load_state_dict(plain.state_dict(), strict=False)
    assert new
    assert not unknown
    region = box(20, 44, 16, 40)
    code = torch.randn(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    image = torch.full((1, 3, SIZE, SIZE), 0.25) * (1 - region)
    deep.decode(deep.encode(image, region), code).square().sum().backward()
    learns = dict(deep.named_parameters())
    last = [learns[name].grad for name in new if name.endswith("body.1.weight")]
    assert last
    assert all(grad is not None and grad.abs().max() > 0 for grad in last)
