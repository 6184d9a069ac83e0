"""The gradient term: lines lie where the source has them, and are as strong."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.types import Edit, Networks


def gradient(edit: Edit, networks: Networks) -> Tensor:
    """|∇A - ∇A'|₁ inside the region, of a source A and its reconstruction A'.

    ∇ are the steps to the right and to the next pixel below (Mathieu, Couprie and LeCun 2016, of
    differences without their absolute value). A blurred line costs twice where a mean over pixels
    hardly sees it. Each face counts alike, whatever its region's size.
    """
    if edit.reconstruction is None:
        raise ValueError("this model reconstructs nothing: leave out [loss.gradient]")
    difference = edit.source.image - edit.reconstruction.float()
    region = edit.region
    steps, pairs = [], []
    for axis in (2, 3):
        length = region.shape[axis] - 1
        both = region.narrow(axis, 0, length) * region.narrow(axis, 1, length)
        steps.append((difference.diff(dim=axis).abs() * both).sum((1, 2, 3)))
        pairs.append(3 * both.sum((1, 2, 3)))
    return (torch.stack(steps).sum(0) / torch.stack(pairs).sum(0).clamp(min=1)).mean()
