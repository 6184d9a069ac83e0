"""A measured value with its range, and where it stands in a report; reading one takes no torch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A value between the two ends of its range; NaN where nothing could be measured.

    The range of a mean over people is its 95% interval; that of a time lies between the quartiles.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def read(cls, figure: Mapping[str, float | None]) -> Estimate:
        """Read an estimate as it stands in a report."""
        ends = (figure["value"], figure["low"], figure["high"])
        return cls(*(math.nan if number is None else number for number in ends))

    def as_dict(self) -> dict[str, float | None]:
        """Return it as it stands in a report; None for NaN, which JSON does not have."""
        known = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if math.isnan(number) else number for name, number in known.items()}

    def text(self, form: str) -> str:
        """Say the value and its range, each in a format such as ".2f", or why there is none."""
        if math.isnan(self.value):
            return "not measured"
        if math.isnan(self.low):
            return f"{self.value:{form}} (too few)"
        return f"{self.value:{form}} ({self.low:{form}}, {self.high:{form}})"

    def cells(self, form: str) -> tuple[str, str]:
        """Say the value and the two ends of its range, for two columns of a table."""
        return f"{self.value:{form}}", f"{self.low:{form}} to {self.high:{form}}"


def text_of(figure: Mapping[str, float | None], form: str) -> str:
    """Say an estimate that stands in a report, each number in a format such as ".2f"."""
    return Estimate.read(figure).text(form)


def quartiles(values: Sequence[float]) -> Estimate:
    """Estimate by the median of one value or more; half of them lie within its range."""
    if len(values) == 1:
        return Estimate(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Estimate(median, low, high)


def dig(tree: Mapping[str, Any], path: str) -> Any:
    """Find what stands in nested dictionaries at a path such as "truth.psnr.edit"; None if nothing.

    No name on the path may hold a dot.
    """
    found: Any = tree
    for name in path.split("."):
        found = (found or {}).get(name)
    return found
