"""The smoothest way to continue into a region what is known around it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

TOLERANCE = 1e-8
"""The largest residual at which the solver stops, in units of the solution."""

_TINY = 1e-300  # keeps 0 / 0 at 0 for systems of a batch that are solved before the others


def membrane(difference: Tensor, is_filled: Tensor) -> Tensor:
    """Solve Laplace's equation inside a region, with the `difference` around it as boundary values.

    `difference`: [B, C, H, W] float64; `is_filled`: [B, 1, H, W] bool. Returns [B, C, H, W], 0
    outside the region.
    """
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


def conjugate_gradient(system: Callable[[Tensor], Tensor], wanted: Tensor, start: Tensor) -> Tensor:
    """x with system(x) = wanted (Hestenes and Stiefel 1952), for a batch of systems at once.

    `wanted` and `start` are float64 [B, C, H, W], each [H, W] a vector of its own; `system` is
    linear, symmetric and positive (where it is singular, `start` decides). It stops when every
    residual is below `TOLERANCE`, or after as many steps as there are unknowns, by which exact
    arithmetic would be done.
    """
    solution, residual = start, wanted - system(start)
    direction, size = residual, _dot(residual, residual)
    for _ in range(wanted.shape[-2] * wanted.shape[-1]):
        if residual.abs().amax() < TOLERANCE:
            break
        change = system(direction)
        step = size / _dot(direction, change).clamp(min=_TINY)
        solution = solution + step * direction
        residual = residual - step * change
        previous, size = size, _dot(residual, residual)
        direction = residual + size / previous.clamp(min=_TINY) * direction
    return solution


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return (left * right).sum((-2, -1), keepdim=True)
