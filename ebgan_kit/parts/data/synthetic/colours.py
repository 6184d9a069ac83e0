"""The colours of a portrait: rows of them, and the place along a row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Colour = tuple[float, float, float]
"""Red, green and blue in [0, 1]."""

SKIN = (
    (0.98, 0.86, 0.78),
    (0.95, 0.77, 0.65),
    (0.85, 0.63, 0.48),
    (0.66, 0.45, 0.32),
    (0.45, 0.29, 0.21),
)
HAIR = (
    (0.06, 0.06, 0.08),
    (0.14, 0.10, 0.09),
    (0.25, 0.15, 0.10),
    (0.40, 0.23, 0.13),
    (0.58, 0.26, 0.12),
    (0.68, 0.42, 0.18),
    (0.88, 0.68, 0.32),
    (0.96, 0.85, 0.56),
)
IRIS = (
    (0.20, 0.12, 0.08),
    (0.42, 0.25, 0.12),
    (0.40, 0.42, 0.18),
    (0.22, 0.50, 0.36),
    (0.22, 0.46, 0.72),
    (0.45, 0.55, 0.62),
)
LIPS = ((0.86, 0.52, 0.50), (0.80, 0.40, 0.40), (0.70, 0.36, 0.34))
LIPSTICK = (
    (0.85, 0.08, 0.14),
    (0.62, 0.03, 0.14),
    (0.48, 0.08, 0.36),
    (0.88, 0.15, 0.48),
    (0.95, 0.32, 0.24),
)
FRAMES = ((0.08, 0.08, 0.10), (0.35, 0.18, 0.08), (0.65, 0.10, 0.14), (0.12, 0.25, 0.50))
CLOTHES = (
    (0.16, 0.20, 0.34),
    (0.70, 0.22, 0.24),
    (0.92, 0.88, 0.80),
    (0.20, 0.45, 0.40),
    (0.88, 0.66, 0.24),
    (0.42, 0.28, 0.48),
    (0.25, 0.26, 0.28),
)
GROUND = (
    (0.55, 0.74, 0.86),
    (0.93, 0.80, 0.62),
    (0.60, 0.76, 0.62),
    (0.90, 0.66, 0.62),
    (0.68, 0.62, 0.82),
    (0.86, 0.86, 0.84),
    (0.28, 0.36, 0.46),
)


def palette(stops: Sequence[Colour], place: Tensor) -> Tensor:
    """[3, B, 1, 1]: the colour at `place` [B] in [0, 1] along a row of colours."""
    table = torch.tensor(stops, device=place.device)
    position = place * (len(stops) - 1)
    low = position.floor().clamp(0, len(stops) - 2)
    share = (position - low)[:, None]
    colour = table[low.long()] * (1 - share) + table[low.long() + 1] * share
    return colour.T[:, :, None, None]


def plain(like: Tensor, red: float, green: float, blue: float) -> Tensor:
    """[3, 1, 1, 1]: one colour for every face, on the device of `like`."""
    return torch.tensor([red, green, blue], device=like.device)[:, None, None, None]


def shadow(colour: Tensor, depth: float) -> Tensor:
    """A darker, redder tone of a colour."""
    return colour * plain(colour, 1.0, 0.92, 0.90) * depth
