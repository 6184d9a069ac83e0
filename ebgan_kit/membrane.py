"""The smoothest way to continue into a region what is known around it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from ebgan_kit.conjugate_gradient import conjugate_gradient


def membrane(difference: Tensor, is_filled: Tensor) -> Tensor:
    """[B, C, H, W]: 0 outside; inside, the solution of Laplace's equation that continues the
    `difference` around it."""
    inside = is_filled.to(difference.dtype)
    boundary = inside * _neighbours((1 - inside) * difference)
    degree = _neighbours(torch.ones_like(inside))
    count = inside.sum((2, 3), keepdim=True).clamp(min=1)
    mean = inside * ((inside * difference).sum((2, 3), keepdim=True) / count)
    # Only the part of the picture that holds the regions is solved for: most are small.
    window = (..., _span(is_filled.any(3)), _span(is_filled.any(2)))
    inside, degree = inside[window], degree[window]

    def laplacian(values: Tensor) -> Tensor:
        return inside * (degree * values - _neighbours(values))

    result = torch.zeros_like(difference)
    result[window] = conjugate_gradient(laplacian, boundary[window], start=mean[window])
    return result


def _span(is_filled: Tensor) -> slice:
    """From the first to the last place that any face of the batch fills; [B, 1, places] bool."""
    places = is_filled.any(0).flatten().nonzero().flatten().tolist()
    return slice(places[0], places[-1] + 1) if places else slice(0, 0)


def _neighbours(values: Tensor) -> Tensor:
    """The sum of each pixel's four neighbours, those beyond the border being 0."""
    wide = pad(values, (1, 1, 1, 1))
    vertical = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1]
    return vertical + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
