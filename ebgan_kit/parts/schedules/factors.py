"""Schedules: what the rate is multiplied with, by the share of the run that is done."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

Share = Annotated[float, Ge(0), Lt(1)]


def constant(progress: float) -> float:
    """The same rate all along."""
    return 1.0


def linear(progress: float, *, warmup: Share = 0.0, hold: Share = 0.0) -> float:
    """Up to the rate over `warmup`, level until `hold`, then straight down to 0 at the end.

    Both are shares of the run.
    """
    rising = progress / warmup if warmup else 1.0
    start = max(warmup, hold)
    return max(0.0, min(1.0, rising, (1 - progress) / (1 - start)))


def cosine(progress: float, *, warmup: Share = 0.0) -> float:
    """Up to the rate over `warmup`, a share of the run, then down to 0 along half a cosine."""
    if progress < warmup:
        return progress / warmup
    return (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup)))) / 2


def staircase(
    progress: float,
    *,
    stairs: Annotated[float, Gt(0)] = 2.0,
    factor: Annotated[float, Gt(0), Le(1)] = 0.1,
) -> float:
    """The rate falls by a factor at the end of each stair: factor^⌊progress·stairs⌋.

    `stairs`: how many the run has; the last may be cut short.
    """
    return factor ** int(progress * stairs)
