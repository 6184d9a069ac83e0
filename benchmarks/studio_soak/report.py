"""What is printed: one row per minute, and how memory grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.studio_soak.server import Reading
from ebgan_kit.evaluation.estimate import Estimate

WIDTHS = {
    "minute": 6, "RSS, MiB": 8, "peak": 6, "visits": 6, "edits": 6, "alike": 6, "differ": 6,
    "refused": 7, "hostile": 7, "errors": 6, "open": 5, "threads": 7, "files": 5, "KiB": 7,
}  # fmt: skip
"""Of the columns. Counts are from the start on, files and KiB are on disk."""

FLAT = 0.02
"""Growth in an hour, as a share of what is held, that is still called flat."""


@dataclass(frozen=True)
class Row:
    """What was seen in a minute."""

    minute: float
    readings: Sequence[Reading]
    counts: Counter[str]

    @property
    def rss(self) -> float:
        return median(one.rss for one in self.readings)

    def __str__(self) -> str:
        last, counts = self.readings[-1], self.counts
        peak = max(one.rss for one in self.readings)
        cells = (
            f"{self.minute:.1f}", f"{self.rss:.1f}", f"{peak:.0f}", counts["visits"],
            counts["edits"], counts["alike"], counts["different"], counts["refused"],
            counts["hostile"], counts["errors"], last.open_files, last.threads, last.files,
            f"{last.size / 1024:.0f}",
        )  # fmt: skip
        return _line(cells)


def heading() -> str:
    return _line(tuple(WIDTHS))


def _line(cells: Sequence[object]) -> str:
    return "  ".join(
        f"{cell!s:>{width}}" for cell, width in zip(cells, WIDTHS.values(), strict=True)
    )


def growth(rows: Sequence[Row]) -> Estimate | None:
    """MiB an hour over the last two thirds, with its 95% interval; None for too few rows."""
    last = rows[len(rows) // 3 :]
    if len(last) < 4:
        return None
    hours = np.array([row.minute / 60 for row in last])
    (slope, _), spread = np.polyfit(hours, [row.rss for row in last], 1, cov=True)
    half = 1.96 * spread[0, 0] ** 0.5
    return Estimate(slope, slope - half, slope + half)


def memory(rows: Sequence[Row]) -> str:
    """Is memory flat?"""
    found = growth(rows)
    if found is None:
        return "memory: too few rows to say how it grows"
    flat = found.low <= FLAT * rows[-1].rss
    word = "flat" if flat else "not flat"
    return f"memory is {word}: it grows by {found.text('.1f')} MiB an hour, of {rows[-1].rss:.0f}"
