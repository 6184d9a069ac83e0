"""What kills came to, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console

from ebgan_kit.terminal.tables import figure_table

_SHOWN = 20
"""Runs that differ and are named."""

_ORDER = ("during the write", "before the renaming", "after the renaming", "before the deletion")


class Report:
    """Counts of kills by moment and number of processes, and the runs that differ at the end."""

    def __init__(self) -> None:
        self.kills: Counter[tuple[str, int]] = Counter()
        self.attempts: Counter[str] = Counter()
        """`begun` and `resumed`: those that began a run, and those that went on with one."""
        self.finished: Counter[int] = Counter()
        """Runs that reached their end, by their number of processes."""
        self.left: Counter[str] = Counter()
        """Files that are there after a kill and are no part of a run."""
        self.differences: list[str] = []
        """Per run that differs: its folder, its kills, and what differs."""

    def show(self) -> None:
        """Print a table of all kills, and what came of them."""
        console = Console()
        counts = sorted({count for _, count in self.kills})
        columns = [f"{count} process{'es' * (count > 1)}" for count in counts]
        table = figure_table(f"{self.kills.total():,} kills", *columns, names=("killed",))
        for moment in sorted({moment for moment, _ in self.kills}, key=_place):
            table.add_row(moment, *(f"{self.kills[moment, count]:,}" for count in counts))
        console.print(table)
        for line in self._sentences():
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _sentences(self) -> Iterator[str]:
        begun, resumed = self.attempts["begun"], self.attempts["resumed"]
        runs, differ = self.finished.total(), len(self.differences)
        yield f"{begun:,} attempts began a run and {resumed:,} resumed one; {runs:,} reached an end"
        for name, count in self.left.most_common():
            yield f"{count:,} kills left {name}"
        yield f"{differ:,} runs differ from the undisturbed one"
        yield from self.differences[:_SHOWN]


def _place(moment: str) -> tuple[str, int, str]:
    """Sort by file, then by time."""
    step = next((i for i, words in enumerate(_ORDER) if moment.startswith(words)), len(_ORDER))
    return moment.partition(" of the ")[2], step, moment
