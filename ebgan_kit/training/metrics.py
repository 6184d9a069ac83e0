"""The means that a report shows."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError


class Means:
    """The mean of each term since the last report, kept on the device until it is asked for.

    `over_processes` makes one tensor of all processes' tensors, their mean; it is asked for once a
    report, so a step waits for nobody.
    """

    def __init__(self, clock: int, over_processes: Callable[[Tensor], Tensor]) -> None:
        self.over_processes = over_processes
        self.sums: dict[str, Tensor] = {}
        self.counts: Counter[str] = Counter()  # a term is not there in every step
        self.clock, self.since = clock, time.perf_counter()

    def add(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value
        self.counts.update(values.keys())

    def close(self, clock: int) -> dict[str, float]:
        means = self._means()
        now = time.perf_counter()
        rate = (clock - self.clock) / (now - self.since)
        self.sums, self.counts, self.clock, self.since = {}, Counter(), clock, now
        broken = [name for name, mean in means.items() if not math.isfinite(mean)]
        if broken:
            raise UsageError(
                f"after {clock} images the term {', '.join(broken)} is no number any more: lower "
                "lr in [optimizer.*], or set train.max_grad_norm=1 or train.precision=float32"
            )
        return means | {"images_per_second": rate}

    def _means(self) -> dict[str, float]:
        if not self.sums:
            return {}
        totals = self.over_processes(torch.stack([s.float() for s in self.sums.values()]))
        found = zip(self.sums, totals.tolist(), strict=True)
        return {name: total / self.counts[name] for name, total in found}
