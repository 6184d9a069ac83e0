"""A box of pixels in bands, one below the other: memory is that of one, whatever the box's size."""

from __future__ import annotations

from collections.abc import Iterator

Box = tuple[int, int, int, int]
"""Whole pixels of a photograph, as (left, top, right, bottom)."""

PIXELS = 2**19
"""Of a band, about."""


def bands(box: Box) -> Iterator[Box]:
    """Yield boxes of whole rows that make up a box, from the top down."""
    left, top, right, bottom = box
    rows = max(1, PIXELS // max(1, right - left))
    for first in range(top, bottom, rows):
        yield left, first, right, min(bottom, first + rows)
