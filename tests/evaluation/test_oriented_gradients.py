"""Histograms of oriented gradients: lines and their directions, and nothing of their colours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ebgan_kit.evaluation.metrics.oriented_gradients import oriented_gradients


def stripes(*, upright: bool, tone: float = 0.0, contrast: float = 1.0) -> Tensor:
    line = torch.sin(torch.arange(64) / 3) * 0.5
    picture = line.expand(64, 64) if upright else line[:, None].expand(64, 64)
    return (contrast * picture + tone).expand(1, 3, 64, 64)


def alike(one: Tensor, other: Tensor) -> float:
    take = oriented_gradients().take
    return cosine_similarity(take(one), take(other)).item()


def test_it_is_1764_numbers_of_a_picture_of_any_size() -> None:
    for side in (16, 64, 100):
        assert oriented_gradients().take(torch.rand(2, 3, side, side)).shape == (2, 1764)


def test_tone_and_contrast_do_not_count() -> None:
    assert alike(stripes(upright=True), stripes(upright=True, tone=0.4, contrast=0.5)) > 0.99


def test_directions_count() -> None:
    assert alike(stripes(upright=True), stripes(upright=False)) < 0.1


def test_a_line_is_no_other_one_for_its_sign() -> None:
    assert alike(stripes(upright=True), stripes(upright=True, contrast=-1)) > 0.99


def test_place_counts() -> None:
    one = torch.zeros(1, 3, 64, 64)
    one[..., 8:16, :] = 1
    assert alike(one, one.flip(-2)) < 0.1
