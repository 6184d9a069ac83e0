"""Metrics as lines of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ebgan_kit.files.writing import draft


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
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if _images(line) <= clock]
        with draft(self.path) as unfinished:
            unfinished.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def _images(line: str) -> float:
    """The images of a row; infinity for a line that a loss of power has cut."""
    try:
        return float(json.loads(line)["images"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return math.inf
