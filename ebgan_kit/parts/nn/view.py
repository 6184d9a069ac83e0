"""Views of a face for a network: all of it, its region, or the region from close by."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

Sees = Literal["region", "face", "close"]
"""What a network is shown of a face: its region alone, all of it, or the region from close by."""


def view_size(size: int, sees: Sees) -> int:
    """Height and width of the view of an image of this size."""
    return size // 2 if sees == "close" else size


def view_of(image: Tensor, region: Tensor, sees: Sees) -> Tensor:
    """[B, 4, h, w]: image and M, whole, emptied outside M, or that from close by."""
    if sees == "face":
        return torch.cat([image, region], dim=1)
    view = torch.cat([image * region, region], dim=1)
    return close_up(view, region, view_size(image.shape[-1], sees)) if sees == "close" else view


def standardised(image: Tensor, region: Tensor) -> Tensor:
    """The image with each channel's mean 0 and deviation 1 inside each face's own region."""
    count = region.sum((2, 3), keepdim=True).clamp(min=1)
    mean = (image * region).sum((2, 3), keepdim=True) / count
    variance = ((image - mean).square() * region).sum((2, 3), keepdim=True) / count
    return (image - mean) * torch.rsqrt(variance + 1e-3)


def close_up(view: Tensor, region: Tensor, size: int, margin: float = 0.0) -> Tensor:
    """[B, C, size, size]: the square about each region's bounding box, resampled.

    `margin`: how much wider the square is, as a share of it; beyond the image is its border. An
    empty region shows the middle of the image.
    """
    centre, half = square_about(region)
    return sample(view, centre, half * (1 + margin), size)


def square_about(region: Tensor) -> tuple[Tensor, Tensor]:
    """The square about each region's bounding box: its centre [B, 2] (x, y) and half its side [B].

    Both in units in which the image reaches from -1 to 1, as in torch's grids.
    """
    height, width = region.shape[-2:]
    left, right = (2 * edge / width - 1 for edge in edges(region.amax((1, 2))))
    top, bottom = (2 * edge / height - 1 for edge in edges(region.amax((1, 3))))
    centre = torch.stack([left + right, top + bottom], dim=1) / 2
    return centre, torch.maximum(right - left, bottom - top) / 2


def sample(
    image: Tensor, centre: Tensor, half: Tensor, size: int, turn: Tensor | None = None
) -> Tensor:
    """[B, C, size, size]: a square of each image, resampled; beyond the image is its border.

    A square larger than the image (`half` above 1) shows it small, so a second `sample` can undo
    the first. `turn`: [B], the angle by which the square is turned clockwise, in radians.
    """
    turn = torch.zeros_like(half) if turn is None else turn
    along = (half * turn.cos())[:, None, None]
    across = (half * turn.sin())[:, None, None]
    x = (2 * torch.arange(size, device=half.device) + 1) / size - 1
    y = x[:, None]
    # By sums, not a matrix product: autocast would round places to bfloat16, an eighth of a pixel.
    turned = torch.stack([along * x - across * y, across * x + along * y], dim=-1)
    grid = centre[:, None, None] + turned
    return grid_sample(image, grid, padding_mode="border", align_corners=False)


def edges(filled: Tensor) -> tuple[Tensor, Tensor]:
    """[B] each: the first place that is filled along one axis [B, n], and the one after the last.

    Where nothing is, the middle half.
    """
    count = filled.shape[1]
    place = torch.arange(count, device=filled.device)
    inside = filled > 0.5
    first = torch.where(inside, place, count).amin(1)
    last = torch.where(inside, place + 1, 0).amax(1)
    empty = last == 0
    return first.masked_fill(empty, count // 4), last.masked_fill(empty, count - count // 4)
