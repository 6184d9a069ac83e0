"""The reconstruction term."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.types import Edit, Networks

Reduction = Literal["mean", "sum"]


def reconstruction(
    edit: Edit,
    networks: Networks,
    *,
    norm: Literal["l1", "l2"] = "l1",
    reduction: Reduction = "mean",
    region_share: Annotated[float, Ge(0), Le(1)] = 0.0,
) -> Tensor:
    """|A - G_dec(Z_A ⊕ E(A, M))|₁: the source, completed from its own code (eq. 1).

    `norm`: of the differences, or of their squares.
    `reduction`: the norm as a mean over numbers, or as their sum for each image.
    `region_share`: which share of the term is taken inside the region alone, where the mean is not
    thinned by pixels that the composite never shows. Each face counts alike, whatever its region's
    size.
    """
    if edit.reconstruction is None:
        raise ValueError("this model reconstructs nothing: leave out [loss.reconstruction]")
    difference = edit.source.image - edit.reconstruction.float()
    distance = difference.abs() if norm == "l1" else difference.square()
    region = edit.region.expand_as(distance)
    if reduction == "sum":
        inside, everywhere = (distance * region).sum((1, 2, 3)), distance.sum((1, 2, 3))
        return (region_share * inside + (1 - region_share) * everywhere).mean()
    # face by face: the mean over a batch is then the mean over the shares of it, in pieces or
    # processes
    inside = (distance * region).sum((1, 2, 3)) / region.sum((1, 2, 3)).clamp(min=1)
    return region_share * inside.mean() + (1 - region_share) * distance.mean()
