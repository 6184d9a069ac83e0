"""The means that a report shows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


class Means:
    """The mean of each term since the last report, kept on the device until it is asked for.

    `device`: of the terms. `over_processes` makes one tensor of all processes' tensors, their mean.
    It is asked for once a report and once a checkpoint, so a step waits for nobody.
    """

    def __init__(self, device: torch.device, over_processes: Callable[[Tensor], Tensor]) -> None:
        self.device, self.over_processes = device, over_processes
        self.sums: dict[str, Tensor] = {}
        self.counts: Counter[str] = Counter()  # a term is not there in every step
        self.begin(0)

    def begin(self, clock: int) -> None:
        """Measure the images per second from here on."""
        self.clock, self.since = clock, time.perf_counter()

    def add(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value
        self.counts.update(values.keys())

    def close(self, clock: int) -> dict[str, float]:
        """Return the means and the images per second since the last report, and begin anew."""
        self.share()
        totals = torch.stack([*self.sums.values()]).tolist() if self.sums else []
        found = zip(self.sums, totals, strict=True)
        means = {name: total / self.counts[name] for name, total in found}
        rate = (clock - self.clock) / (time.perf_counter() - self.since)
        self.sums, self.counts = {}, Counter()
        self.begin(clock)
        return means | {"images_per_second": rate}

    def share(self) -> None:
        """Give every process the mean of all processes' sums."""
        if self.sums:
            totals = self.over_processes(torch.stack([s.float() for s in self.sums.values()]))
            self.sums = dict(zip(self.sums, totals.unbind(), strict=True))

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs for its next report, between two reports."""
        return {"sums": dict(self.sums), "counts": dict(self.counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.sums = {n: total.to(self.device) for n, total in state.get("sums", {}).items()}
        self.counts = Counter(state.get("counts", {}))
