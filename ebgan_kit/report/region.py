"""The region of a face as something to count with."""

from __future__ import annotations

from torch import Tensor

from ebgan_kit.faces import Faces


def is_inside(region: Tensor) -> Tensor:
    """[B, 1, H, W] bool, cut where the composite cuts it: true is to be filled."""
    return region > 0.5


def region_of(faces: Faces) -> Tensor:
    """The faces' own regions, [B, 1, H, W]; `ValueError` where they have none."""
    if faces.region is None:
        raise ValueError("a face without a region cannot be measured: run a mask part on it first")
    return faces.region


def mean_inside(values: Tensor, region: Tensor) -> Tensor:
    """[B]: the mean over channels and pixels of `values` [B, C, H, W] inside the region.

    NaN for a face whose region is empty: there is nothing to measure.
    """
    inside = is_inside(region).double()
    total = (values.double() * inside).sum((1, 2, 3))
    return total / (inside.sum((1, 2, 3)) * values.shape[1])
