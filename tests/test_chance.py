"""Chance: numbers that depend on a seed, a name and a face, and look like chance."""

from __future__ import annotations

import pytest
import torch

from ebgan_kit.rng import Chance, of_pairs


def chance(count: int = 4000, seed: int = 0) -> Chance:
    return Chance(seed, torch.arange(count))


def test_a_number_does_not_depend_on_its_company() -> None:
    together = chance(10).uniform("x", 3)
    assert torch.equal(Chance(0, torch.tensor([7])).uniform("x", 3)[0], together[7])
    assert torch.equal(chance(10).uniform("x", 5)[:, :3], together)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (chance().uniform("x", 1), chance().uniform("y", 1)),
        (chance().uniform("x", 1), chance(seed=1).uniform("x", 1)),
        (chance().uniform("x", 1), chance().stream("exemplar").uniform("x", 1)),
        (chance().uniform("x", 1)[1:], chance().uniform("x", 1)[:-1]),
        (chance().uniform("x", 2)[:, :1], chance().uniform("x", 2)[:, 1:]),
    ],
    ids=["names", "seeds", "streams", "faces", "columns"],
)
def test_streams_are_independent(one: torch.Tensor, other: torch.Tensor) -> None:
    correlation = torch.corrcoef(torch.cat([one, other], dim=1).T)[0, 1]
    assert abs(correlation) < 0.06


def test_uniform() -> None:
    drawn = chance().uniform("x", 10)
    assert drawn.shape == (4000, 10)
    assert drawn.dtype == torch.float32
    assert drawn.min() >= 0
    assert drawn.max() < 1
    shares = torch.histc(drawn, 10, 0, 1) / drawn.numel()
    assert (shares - 0.1).abs().max() < 0.01


def test_normal() -> None:
    drawn = chance().normal("x", 10)
    assert drawn.shape == (4000, 10)
    assert drawn.isfinite().all()
    assert abs(drawn.mean()) < 0.02
    assert abs(drawn.std() - 1) < 0.02
    assert ((drawn.abs() < 1).float().mean() - 0.6827).abs() < 0.01


def test_values_of_today_stay() -> None:
    """A run that is resumed by a later version must draw what it would have drawn."""
    drawn = Chance(3, torch.tensor([0, 1, 2**40])).uniform("x", 2).flatten().tolist()
    assert drawn == pytest.approx(
        [0.6929172, 0.3945443, 0.2833905, 0.7145514, 0.2885067, 0.5364791]
    )


@pytest.mark.parametrize("seed", [0, 1, 2**62, 2**63 - 1])
def test_any_seed_will_do(seed: int) -> None:
    drawn = chance(100, seed).stream("a").uniform("x", 2)
    assert drawn.isfinite().all()
    assert 0.3 < drawn.mean() < 0.7


def test_pairs_of_seed_0_have_the_numbers_that_they_had_without_seeds() -> None:
    source, exemplar = torch.arange(500), torch.arange(500).flip(0)
    drawn = of_pairs(source, exemplar).uniform("line", 1)
    expected = Chance(0, source * 1_000_003 + exemplar).uniform("line", 1)
    assert torch.equal(drawn, expected)
    assert torch.equal(of_pairs(source, exemplar, seed=0).uniform("line", 1), expected)


def test_each_seed_has_numbers_of_its_own_for_a_pair() -> None:
    index = torch.arange(4000)
    drawn = [of_pairs(index, index, seed).uniform("line", 1) for seed in (0, 1, 2**63 - 1)]
    correlations = torch.corrcoef(torch.cat(drawn, dim=1).T) - torch.eye(3)
    assert correlations.abs().max() < 0.06
