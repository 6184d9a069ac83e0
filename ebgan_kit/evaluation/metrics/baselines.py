"""What anyone would try first, without a network: paste the exemplar's pixels, or blend them in."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.evaluation.metrics.region import is_inside
from ebgan_kit.images.poisson import membrane
from ebgan_kit.types import Faces, composite, region_of


def unchanged(source: Faces, exemplar: Faces) -> Tensor:
    """The source as it is."""
    return source.image


def paste(source: Faces, exemplar: Faces) -> Tensor:
    """The source with the exemplar's pixels in its region, [B, 3, H, W] in [-1, 1].

    The exemplar is moved by whole pixels so that the centre of its own region lies on the centre of
    the source's; where both share one region this is copying in place. What the move would take
    from beyond the exemplar's border is its nearest border pixel. Outside the region the result
    is the source, bit for bit. `ValueError` where a side has no regions.
    """
    return composite(_moved(source, exemplar), source.image, region_of(source))


def poisson(source: Faces, exemplar: Faces) -> Tensor:
    """`paste`, blended in (Pérez, Gangnet and Blake 2003), [B, 3, H, W] in [-1, 1].

    Inside the region the result f has the gradients of the moved exemplar g, in the sense of least
    squares; on the region's boundary it is the source (eq. 7 there, four neighbours a pixel). Then
    f - g is smooth: each pixel of it is the mean of its neighbours. Where the region touches the
    image's border it has no neighbour and no condition there. A region that covers the whole image
    has no boundary at all: then g is shifted to the mean of the source, channel by channel. What
    leaves [-1, 1] is cut. `ValueError` where a side has no regions.
    """
    moved = _moved(source, exemplar)
    difference = source.image.double() - moved.double()
    blended = moved + membrane(difference, is_inside(region_of(source)))
    return composite(blended.clamp(-1, 1), source.image, region_of(source))


BASELINES = {"unchanged": unchanged, "paste": paste, "poisson": poisson}
"""Source and exemplar to an image, by its name in the report."""


def _moved(source: Faces, exemplar: Faces) -> Tensor:
    """The exemplar's image, its region's centre on that of the source's region."""
    height, width = source.image.shape[-2:]
    offset = (_centre(region_of(source)) - _centre(region_of(exemplar))).round().long()
    device = offset.device
    rows = (torch.arange(height, device=device) - offset[:, :1]).clamp(0, height - 1)
    columns = (torch.arange(width, device=device) - offset[:, 1:]).clamp(0, width - 1)
    face = torch.arange(len(offset), device=device)[:, None, None]
    by_channel_last = exemplar.image.permute(0, 2, 3, 1)[face, rows[:, :, None], columns[:, None]]
    return by_channel_last.permute(0, 3, 1, 2).float()


def _centre(region: Tensor) -> Tensor:
    """[B, 2]: row and column of the region's centre of gravity; the image's, where it is empty."""
    inside = is_inside(region)[:, 0].double()
    inside = torch.where(inside.sum((1, 2), keepdim=True) > 0, inside, 1.0)
    rows, columns = inside.sum(2), inside.sum(1)
    return torch.stack([_mean_place(rows), _mean_place(columns)], dim=1)


def _mean_place(weight: Tensor) -> Tensor:
    place = torch.arange(weight.shape[1], dtype=weight.dtype, device=weight.device)
    return (weight * place).sum(1) / weight.sum(1)
