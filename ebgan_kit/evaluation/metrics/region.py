"""The region of a face as something to count with."""

from __future__ import annotations

from torch import Tensor


def is_inside(region: Tensor) -> Tensor:
    """[B, 1, H, W] bool, cut where the composite cuts it: true is to be filled."""
    return region > 0.5


def mean_inside(values: Tensor, region: Tensor) -> Tensor:
    """[B]: the mean over channels and pixels of `values` [B, C, H, W] inside the region.

    NaN for a face whose region is empty: there is nothing to measure.
    """
    inside = is_inside(region).double()
    total = (values.double() * inside).sum((1, 2, 3))
    return total / (inside.sum((1, 2, 3)) * values.shape[1])
