"""A mean, and how far to trust it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ebgan_kit.evaluation.estimate import Estimate

FEWEST = 5
"""Minimum number of people for an interval: of fewer, most samples repeat the same ones."""


def bootstrap(
    values: Tensor,
    people_a: Tensor | None = None,
    people_b: Tensor | None = None,
    seed: int = 0,
    rounds: int = 1000,
    together: int = 1,
) -> Estimate:
    """The mean of `values` [n] with a 95% percentile bootstrap interval (Efron 1979).

    Of several columns, [n, k], the mean of their means: each column counts alike, however many of
    its values are NaN. A column with values of fewer than `FEWEST` people is ignored. If all are
    like that, the mean is returned without an interval. Columns are kept or ignored in groups of
    `together`: 2 for the two sides of a balanced accuracy.

    `people_a` and `people_b`, int64 [n], identify the person on either side of a pair. Rows that
    share a person are not independent, so people are resampled, not rows. A person is the same one
    on both sides. A pair's weight is the product of how often its two people were sampled (Snijders
    and Borgatti 1999); a person paired with himself counts once. With one side known, that side's
    people are resampled; with none, rows are. If no person repeats on either side, the product
    makes the interval of pairs wider than that of rows, by up to the root of 3: it errs on the safe
    side.

    NaN values are left out. The same arguments give the same interval, on every machine.
    """
    if not len(values):
        return Estimate(math.nan)
    values = values.detach().cpu().double().view(len(values), -1)
    known = ~values.isnan().all(1)
    if not known.any():
        return Estimate(math.nan)
    values = values[known]
    sides = [people.cpu()[known] for people in (people_a, people_b) if people is not None]
    sides = sides or [torch.arange(len(values))]
    groups = values.split(together, dim=1)
    enough = [all(_has_enough(c, sides) for c in group.unbind(1)) for group in groups]
    if not any(enough):
        return Estimate(values.nanmean(0).nanmean().item())
    values = torch.cat([g for g, known in zip(groups, enough, strict=True) if known], dim=1)
    means = _redrawn_means(values, sides, seed, rounds)
    low, high = torch.nanquantile(means, torch.tensor([0.025, 0.975], dtype=means.dtype)).tolist()
    return Estimate(values.nanmean(0).nanmean().item(), low, high)


def _has_enough(column: Tensor, sides: list[Tensor]) -> bool:
    """Return whether `FEWEST` people are on either side of the pairs that have a value."""
    return all(len(side[~column.isnan()].unique()) >= FEWEST for side in sides)


def _redrawn_means(values: Tensor, sides: list[Tensor], seed: int, rounds: int) -> Tensor:
    """[rounds]: the mean over people drawn anew; NaN where a draw holds no whole pair."""
    people, place = torch.unique(torch.stack(sides), return_inverse=True)
    is_alone = place[0] == place[-1]  # one side only, or a person paired with himself
    generator = torch.Generator().manual_seed(seed)
    there, values = (~values.isnan()).double(), values.nan_to_num()
    means = []
    for _ in range(rounds):
        drawn = torch.randint(len(people), (len(people),), generator=generator)
        times = torch.bincount(drawn, minlength=len(people)).double()
        weight = times[place[0]] * torch.where(is_alone, 1.0, times[place[-1]])
        means.append((weight @ values / (weight @ there)).nanmean())
    return torch.stack(means)
