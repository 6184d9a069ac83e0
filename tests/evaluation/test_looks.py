"""Sharpness, skin and likeness: by hand, and what they do not see."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor

from ebgan_kit.evaluation.metrics.likeness import Likeness
from ebgan_kit.evaluation.metrics.realism import Features
from ebgan_kit.evaluation.metrics.sharpness import gradient_energy
from ebgan_kit.evaluation.metrics.skin import skin_step
from ebgan_kit.types import Edit, Faces

SIZE = 64


def levels(values: Tensor | float, count: int = 2) -> Tensor:
    """Pictures of these levels of 0 to 255, all channels alike."""
    return (torch.as_tensor(values).float() / 127.5 - 1).expand(count, 3, SIZE, SIZE)


def box(top: int, bottom: int, left: int, right: int, count: int = 2) -> Tensor:
    region = torch.zeros(count, 1, SIZE, SIZE)
    region[..., top:bottom, left:right] = 1
    return region


HERE = box(20, 44, 16, 40)

PLACE = torch.arange(SIZE)

CHECKERS = levels(100 + 10 * ((PLACE[:, None] + PLACE) % 2))

STRIPES = levels(100 + 10 * (PLACE % 2).expand(SIZE, SIZE))


# Sharpness


def test_a_checkerboard_of_ten_levels_has_an_energy_of_a_hundred() -> None:
    assert gradient_energy(CHECKERS, HERE).tolist() == [100, 100]
    assert gradient_energy(levels(90.0), HERE).tolist() == [0, 0]


def test_stripes_have_steps_one_way_alone() -> None:
    """Of 24 by 24 pixels, and of a row of them: pairs are counted, not pixels."""
    assert gradient_energy(STRIPES, HERE).tolist() == [50, 50]
    row, column = box(5, 6, 0, 9), box(0, 9, 5, 6)
    assert gradient_energy(STRIPES, row).tolist() == [100, 100]
    assert gradient_energy(STRIPES, column).tolist() == [0, 0]


def test_channels_count_alike() -> None:
    one = CHECKERS.clone()
    one[:, 1:] = 0
    assert gradient_energy(one, HERE).tolist() == pytest.approx([100 / 3] * 2)


def test_neither_the_rest_nor_the_edge_is_counted() -> None:
    image = torch.where(HERE > 0, levels(200.0), CHECKERS)
    assert gradient_energy(image, HERE).tolist() == [0, 0]
    assert gradient_energy(image, box(19, 44, 16, 40)).gt(0).all()


def test_blur_lowers_sharpness() -> None:
    noise = torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) - 0.5
    energies = [gradient_energy(noise, HERE)]
    for sigma in (0.5, 1.0, 2.0):
        energies.append(gradient_energy(gaussian_blur2d(noise, (9, 9), (sigma, sigma)), HERE))
    for sharp, blurred in pairwise(energies):
        assert (blurred < 0.8 * sharp).all()


def test_each_face_has_its_own_sharpness_or_none() -> None:
    image = torch.cat([CHECKERS[:1], levels(9.0, 1), CHECKERS[:1]])
    region = torch.cat([HERE[:1], HERE[:1], box(5, 6, 5, 6, 1)])
    energies = gradient_energy(image, region).tolist()
    assert energies[:2] == [100, 0]
    assert math.isnan(energies[2])  # one pixel has no neighbour inside


# Skin


def test_a_tint_by_ten_levels_is_a_step_of_ten() -> None:
    tinted = torch.where(HERE > 0, levels(110.0), levels(100.0))
    assert skin_step(tinted, HERE).tolist() == [10, 10]
    assert skin_step(levels(100.0), HERE).tolist() == [0, 0]
    darker = torch.where(HERE > 0, levels(90.0), levels(100.0))
    assert skin_step(darker, HERE).tolist() == [10, 10]


def test_a_tint_of_one_channel_is_not_hidden_by_another() -> None:
    by = torch.tensor([12.0, -12.0, 0.0])[:, None, None]
    tinted = torch.where(HERE > 0, levels(100.0) + by / 127.5, levels(100.0))
    assert skin_step(tinted, HERE).tolist() == pytest.approx([12 * (2 / 3) ** 0.5] * 2)


def test_a_line_on_the_edge_is_no_skin() -> None:
    """Lighter inside and darker outside by as much, of bands two pixels wide: no tone, a line."""
    inner, outer = HERE - box(21, 43, 17, 39), box(19, 45, 15, 41) - HERE
    line = levels(100.0) + (inner + outer) * 40 / 127.5
    step = skin_step(line, HERE)
    assert (step < 3).all()
    tone = levels(100.0) + HERE * 40 / 127.5
    assert (skin_step(tone, HERE) > 12 * step).all()


def test_only_bands_beside_the_edge_are_seen() -> None:
    """Two pixels wide each, of 64."""
    middle, far = box(22, 42, 18, 38), 1 - box(18, 46, 14, 42)
    image = levels(100.0) + (middle + far) * 90 / 127.5
    assert skin_step(image, HERE).tolist() == [0, 0]
    wider = levels(100.0) + box(21, 43, 17, 39) * 90 / 127.5
    assert (skin_step(wider, HERE) > 10).all()


def test_a_region_at_the_pictures_border_has_bands_where_there_is_room() -> None:
    region = box(0, 20, 0, SIZE)
    tinted = torch.where(region > 0, levels(60.0), levels(67.0))
    assert skin_step(tinted, region).tolist() == [7, 7]


@pytest.mark.parametrize("region", [torch.ones(2, 1, SIZE, SIZE), torch.zeros(2, 1, SIZE, SIZE)])
def test_without_an_edge_there_is_no_step(region: Tensor) -> None:
    assert skin_step(levels(50.0), region).isnan().all()


# Likeness

COLOUR = Features("mean colour", lambda image: image.mean((2, 3)))


def face(*colours: tuple[float, float, float], region: Tensor | None = None) -> Faces:
    """Faces that are grey but for their regions, which have these colours."""
    area = HERE[:1].expand(len(colours), -1, -1, -1) if region is None else region
    colour = torch.tensor(colours)[:, :, None, None]
    return Faces(torch.where(area > 0, colour, torch.full((1, 1, 1, 1), -0.2)), area)


RED, GREEN, BLUE = (0.8, 0.0, 0.0), (0.0, 0.8, 0.0), (0.0, 0.0, 0.8)


def likeness(
    made: Faces, source: Faces, exemplar: Faces, stranger: Faces
) -> dict[str, list[float]]:
    edit = Edit(source, exemplar, None, made.image)
    rows = Likeness(COLOUR).rows(source, exemplar, stranger, edit)
    assert {name[0] for name in rows} == {"likeness"}
    return {name[1]: values.tolist() for name, values in rows.items()}


def test_likeness_by_hand() -> None:
    """Of mean colours in the view: a tenth more than the region, so a little grey comes in."""
    found = likeness(face(RED, GREEN), face(GREEN, GREEN), face(RED, RED), face(BLUE, GREEN))
    assert found["exemplar"][0] == pytest.approx(1, abs=1e-4)
    assert found["source"][1] == pytest.approx(1, abs=1e-4)
    for name, place in (("source", 0), ("stranger", 0), ("exemplar", 1)):
        assert abs(found[name][place]) < 0.5
    assert found["nearer_than_source"] == [1, 0]
    assert found["nearer_than_stranger"] == [1, 0]


def test_as_near_is_not_nearer() -> None:
    found = likeness(face(GREEN), face(GREEN), face(GREEN), face(GREEN))
    assert found["nearer_than_source"] == found["nearer_than_stranger"] == [0]


def test_each_face_is_seen_at_its_own_region() -> None:
    """Wherever the exemplar's lies, and however large it is."""
    moved = face(RED, region=box(4, 16, 40, 52, 1))
    found = likeness(face(RED), face(GREEN), moved, face(BLUE))
    assert found["exemplar"] == pytest.approx([1], abs=2e-3)
    blind = face(RED, region=box(4, 16, 40, 52, 1))
    blind = Faces(blind.image, HERE[:1])  # grey where one looks
    assert likeness(face(RED), face(GREEN), blind, face(BLUE))["exemplar"][0] < 0.5


def test_networks_are_shown_pictures_of_eight_bits_as_large_as_the_image() -> None:
    seen: list[Tensor] = []

    def take(image: Tensor) -> Tensor:
        seen.append(image)
        return image.mean((2, 3))

    source = face(RED)
    edit = Edit(source, source, None, source.image + 0.3 / 127.5)
    Likeness(Features("eyes", take)).rows(source, source, source, edit)
    assert [image.shape for image in seen] == [(1, 3, SIZE, SIZE)] * 4
    assert torch.equal(seen[0], seen[1])  # 0.3 of a level cannot be seen


def test_a_network_may_give_maps() -> None:
    grid = Features("pixels", lambda image: torch.nn.functional.avg_pool2d(image, 8))
    source = face(GREEN)
    rows = Likeness(grid).rows(
        source, face(RED), face(BLUE), Edit(source, source, None, source.image)
    )
    assert rows["likeness", "source"].shape == (1,)
    assert rows["likeness", "source"].tolist() == pytest.approx([1])
