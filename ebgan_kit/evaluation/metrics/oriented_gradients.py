"""What is drawn in a picture, whatever its colours: histograms of its lines' directions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, normalize

from ebgan_kit.evaluation.metrics.realism import Features

SIDE, CELL, DIRECTIONS = 64, 8, 9
"""Pixels of the picture's side and of a cell's, and how many directions are told apart."""


def oriented_gradients() -> Features:
    """Return histograms of oriented gradients (Dalal and Triggs 2005), 1764 numbers.

    The picture's brightness at 64 pixels is cut into cells of 8. A cell's histogram has 9
    directions without a sign, each step by its strength. Blocks of two by two cells, one cell
    apart, are scaled to length 1. Nothing in them is trained, so no network can be trained to
    please them unseen.
    """
    return Features("histograms of oriented gradients", _histograms)


def _histograms(image: Tensor) -> Tensor:
    """[B, 3, H, W] in [-1, 1] to [B, 1764]."""
    grey = interpolate(image.mean(1, keepdim=True), (SIDE, SIDE), mode="bilinear", antialias=True)
    across, down = (torch.gradient(grey, dim=axis)[0] for axis in (3, 2))
    strength = torch.hypot(across, down)
    place = torch.atan2(down, across) % math.pi / math.pi * DIRECTIONS
    first = place.floor()
    share = place - first
    cells = []
    for direction in range(DIRECTIONS):  # each step counts for the two nearest directions
        near = (first % DIRECTIONS == direction) * (1 - share)
        after = ((first + 1) % DIRECTIONS == direction) * share
        cells.append(avg_pool2d(strength * (near + after), CELL))
    histogram = torch.cat(cells, dim=1)
    count = SIDE // CELL - 1
    corners = [histogram[..., y : y + count, x : x + count] for y in (0, 1) for x in (0, 1)]
    blocks = torch.cat(corners, dim=1)
    return normalize(blocks, dim=1, eps=1e-2).flatten(1)
