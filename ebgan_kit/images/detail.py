"""Fine detail of photographs, which a network that draws at a fixed size does not see."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import interpolate

MOST = 8
"""How many times as wide as the network draws a square is drawn, at most."""

FINE, COARSE, AROUND = 0.7, 3.0, 3.0
"""Deviations of Gaussians, in the network's pixels: between the first two lie the lines by which
pictures are held against each other, in a window of the third."""

FAINT = (4 / 127.5) ** 2
"""The mean square of lines that are none: bare skin is like bare skin."""


def detailed(drawn: Tensor, source: Tensor, exemplar: Tensor, taken: Tensor) -> Tensor:
    """Add the detail of two photographs to what is drawn, where their lines are as it has them.

        y = up(d) + a_A·(A - up(down(A))) + t·(1 - a_A)·a_B·c·(B - up(down(B)))

    a is how alike the lines of a photograph and of what is drawn are, place by place, from 0 to 1;
    c is how much stronger they are drawn. So skin keeps the source's pores, and teeth and lips
    get the exemplar's edges. Brightness alone is added, and no colour.

    `drawn`: [B, 3, s, s] in [-1, 1]. `source`, `exemplar`: [B, 1, S, S], the brightness of the same
    square in both photographs. `taken`: t, [B, 1, 1, 1] in {0, 1}: 0 for an exemplar of which the
    edit leaves something out. The result is [B, 3, S, S].
    """
    size, large = drawn.shape[-1], source.shape[-1]
    lines = _lines(drawn.mean(1, keepdim=True))
    own, theirs = _resized(source, size), _resized(exemplar, size)
    kept = _sameness(lines, _lines(own))
    taken = taken * (1 - kept) * _likeness(lines, _lines(theirs))
    detail = _resized(kept, large) * (source - _resized(own, large))
    detail = detail + _resized(taken, large) * (exemplar - _resized(theirs, large))
    return (_resized(drawn, large) + detail).clamp(-1, 1)


def _lines(brightness: Tensor) -> Tensor:
    """[B, 1, s, s]: what lies between fine and coarse."""
    return _blurred(brightness, FINE) - _blurred(brightness, COARSE)


def _sameness(drawn: Tensor, seen: Tensor) -> Tensor:
    """[B, 1, s, s], from 0 to 1: how far two pictures have the same lines, as strong."""
    both, first, second = _products(drawn, seen)
    return ((2 * both + FAINT) / (first + second + FAINT)).clamp(0, 1).square()


def _likeness(drawn: Tensor, seen: Tensor) -> Tensor:
    """[B, 1, s, s]: a_B·c, how far lines run alike, times how much stronger the first's are."""
    both, first, second = _products(drawn, seen)
    alike = ((both + FAINT) / ((first * second).sqrt() + FAINT)).clamp(0, 1)
    return alike * ((first + FAINT) / (second + FAINT)).sqrt().clamp(max=1.5)


def _products(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The local mean product of two pictures' lines, and the mean squares of either's."""
    products = (first * second, first.square(), second.square())
    both, one, other = (_blurred(product, AROUND) for product in products)
    return both, one, other


def _blurred(image: Tensor, deviation: float) -> Tensor:
    # takes a third of a second, and pictures of the model's size do without
    from kornia.filters import gaussian_blur2d

    side = 2 * round(3 * deviation) + 1
    return gaussian_blur2d(image, (side, side), (deviation, deviation), border_type="replicate")


def _resized(image: Tensor, size: int) -> Tensor:
    return interpolate(image, (size, size), mode="bicubic", antialias=True, align_corners=False)
