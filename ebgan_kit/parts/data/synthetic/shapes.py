"""Shapes as signed distances: negative inside, 0 at the edge, positive outside.

A shape takes the coordinates of pixels, x and y [B, h, w], and gives a distance of the same shape.
Lengths are in the unit of the coordinates; a measure of each face is [B, 1, 1].
"""

from __future__ import annotations

import torch
from torch import Tensor


def ellipse(x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """Around the origin, with radii a and b; exact to first order at its edge."""
    across, down = x / a, y / b
    level = across * across + down * down
    across, down = across / a, down / b
    slope = (across * across + down * down).sqrt_()
    return (level - 1) / (2 * slope + 1e-6)


def box(
    x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float, corner: Tensor | float
) -> Tensor:
    """A box around the origin with half sides a and b, and round corners."""
    across, down = x.abs() - (a - corner), y.abs() - (b - corner)
    inside = torch.maximum(across, down).clamp_(max=0)
    across, down = across.clamp_(min=0), down.clamp_(min=0)
    return (across * across + down * down).sqrt_() + inside - corner


def lens(x: Tensor, y: Tensor, a: Tensor, top: Tensor | float, bottom: Tensor | float) -> Tensor:
    """Between two parabolas that meet at x = -a and a, and reach `top` above and `bottom` below."""
    across = x / a
    profile = 1 - across * across
    within = 0.85 * torch.maximum(-y - top * profile, y - bottom * profile)
    return torch.maximum(within, x.abs() - a)


def join(one: Tensor, other: Tensor, blend: float) -> Tensor:
    """The union of two shapes, with the corner between them filled smoothly."""
    near = (blend - (one - other).abs()).clamp_(min=0)
    return torch.minimum(one, other) - near * near / (4 * blend)
