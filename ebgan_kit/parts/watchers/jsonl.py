"""Metrics as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ebgan_kit.files import draft


class Jsonl:
    """Writes `metrics.jsonl` into the run's folder: a line of JSON for every report."""

    def __init__(self, run: Any) -> None:
        self.path: Path = run.folder / "metrics.jsonl"
        self._forget_after(run.clock)

    def report(self, clock: int, values: Mapping[str, float]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"images": clock, **values}) + "\n")

    def _forget_after(self, clock: int) -> None:
        """A resumed run writes again what came after its checkpoint."""
        if not self.path.exists():
            return
        lines = [line for line in self.path.read_text(encoding="utf-8").splitlines() if line]
        kept = [line for line in lines if json.loads(line)["images"] <= clock]
        with draft(self.path) as unfinished:
            unfinished.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
