"""The means that a report shows."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping

from torch import Tensor

from ebgan_kit.errors import UsageError


class Means:
    """The mean of each term since the last report, kept on the device until it is asked for."""

    def __init__(self, every: int, clock: int) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: Counter[str] = Counter()  # a term is not there in every step
        self.clock, self.since = clock, time.perf_counter()

    def add(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value
        self.counts.update(values.keys())

    def close(self, clock: int) -> dict[str, float]:
        means = {name: float(total) / self.counts[name] for name, total in self.sums.items()}
        now = time.perf_counter()
        rate = (clock - self.clock) / (now - self.since)
        self.sums, self.counts, self.clock, self.since = {}, Counter(), clock, now
        broken = [name for name, mean in means.items() if not math.isfinite(mean)]
        if broken:
            raise UsageError(
                f"after {clock} images the term {', '.join(broken)} is no number any more: lower "
                "the rate in [optimizer.*], or set train.clip=1 or train.precision=float32"
            )
        return means | {"images_per_second": rate}
