"""Solve a large linear system that is known only by what it does to a vector."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

TOLERANCE = 1e-8
"""Where to stop: the largest residual, in units of the solution."""

_TINY = 1e-300  # keeps 0 / 0 at 0 for systems of a batch that are solved before the others


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
