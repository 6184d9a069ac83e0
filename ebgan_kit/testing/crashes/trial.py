"""Runs that are killed and resumed until their end, and compared with an undisturbed one there."""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.recipe.recipe import read
from ebgan_kit.testing.crashes.attempt import Ending, attempt, prepare
from ebgan_kit.testing.crashes.differences import differences, files
from ebgan_kit.testing.crashes.moments import Deck, Delay, Moment
from ebgan_kit.testing.crashes.report import Report
from ebgan_kit.testing.crashes.tiny import RECIPE

_RUN = Path("runs", "tiny")

_PROCESSES = (1, 2, 1)
"""Numbers of processes, which runs take in turn."""


class Trial:
    """A folder with runs that are killed, and the undisturbed ones that they are compared with."""

    def __init__(self, place: Path, kills: int, seed: int) -> None:
        self.place, self.kills, self.deck, self.report = place, kills, Deck(seed), Report()
        self.recipe = place / "tiny.toml"
        self.recipe.write_text(RECIPE)
        prepare([table.part.make.__module__ for table in read(self.recipe).tables.values()])
        self.seconds = {count: self._undisturbed(count) for count in set(_PROCESSES)}

    def run(self, tell: Callable[[int, int], None]) -> Report:
        """Kill runs until so many kills are done, and the last run has reached its end."""
        for number, processes in enumerate(itertools.cycle(_PROCESSES)):
            done = self.report.kills.total()
            tell(min(done, self.kills), self.kills)
            if done >= self.kills:
                return self.report
            self._run(self.place / f"run-{number}", processes)
        raise AssertionError  # a cycle has no end

    def _undisturbed(self, processes: int) -> float:
        """Make the run that others are compared with; the seconds that it takes."""
        folder = self._whole(processes)
        folder.mkdir()
        begun = time.monotonic()
        ending = attempt(folder, ["run", str(self.recipe)], processes)
        if not ending.finished:
            raise RuntimeError(f"the undisturbed run {ending}")
        return time.monotonic() - begun

    def _whole(self, processes: int) -> Path:
        return self.place / f"undisturbed-{processes}"

    def _run(self, folder: Path, processes: int) -> None:
        """Bring a run to its end; its folder stays if it ends otherwise than the undisturbed."""
        folder.mkdir()
        ends, found = [], []
        while True:
            end = self._draw(processes)
            ending = self._attempt(folder, processes, end)
            if not ending.killed:
                break
            ends.append(str(end or "by something else"))
            self.report.kills[ends[-1], processes] += 1
            found += self._after_kill(folder, processes)
        found += differences(folder, self._whole(processes)) if ending.finished else [str(ending)]
        self.report.finished[processes] += ending.finished
        if found:
            self.report.differences.append("\n  ".join([f"{folder}: {', '.join(ends)}", *found]))
        else:
            shutil.rmtree(folder)

    def _draw(self, processes: int) -> Moment | Delay | None:
        """The next moment; None when enough kills are done."""
        if self.report.kills.total() >= self.kills:
            return None
        return self.deck.draw(processes, self.seconds[processes])

    def _attempt(self, folder: Path, processes: int, end: Moment | Delay | None) -> Ending:
        """Begin the run, or go on with it where it has been begun."""
        resume = ["--resume"] if (folder / _RUN / "recipe.toml").exists() else []
        self.report.attempts["resumed" if resume else "begun"] += 1
        return attempt(folder, ["run", str(self.recipe), *resume], processes, end)

    def _after_kill(self, folder: Path, processes: int) -> list[str]:
        """Count what a kill left behind; the error of a model file that is not whole."""
        for name in files(folder) - files(self._whole(processes)):
            if not re.search(r"/\d+\.pt$", name):
                self.report.left[re.sub(r"\.[0-9a-f]{8}$", ".DRAFT", name)] += 1
        model = folder / _RUN / "model.safetensors"
        try:
            if model.exists():
                ModelFile.open(model)
        except UsageError as problem:
            return [str(problem)]
        return []
