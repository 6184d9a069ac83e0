"""A bar that shows how far something is that takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} per second")


@contextmanager
def bar(title: str, noun: str = "faces") -> Iterator[Callable[[int, int], None]]:
    """`tell(done, total)` moves a bar on standard error, with rate and time left.

    Where that is no terminal, each tenth of the way is a line.
    """
    console = Console(stderr=True, emoji=False)
    if not console.is_terminal:
        yield _Lines(console, title, noun)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(noun),
    )
    with Progress(*columns, _Rate(), TimeRemainingColumn(), console=console) as progress:
        yield _Moves(progress, title)


class _Moves:
    """Moves a bar, which begins where it is first told to be: the rate is that of what follows."""

    def __init__(self, progress: Progress, title: str) -> None:
        self.progress, self.title = progress, title
        self.begun = False

    def __call__(self, done: int, total: int) -> None:
        if not self.begun:
            self.task = self.progress.add_task(self.title, total=total, completed=done)
            self.begun = True
        self.progress.update(self.task, completed=done)


class _Lines:
    """Prints how far it is at each tenth of the way."""

    def __init__(self, console: Console, title: str, noun: str) -> None:
        self.console, self.title, self.noun = console, title, noun
        self.tenths = 0

    def __call__(self, done: int, total: int) -> None:
        tenths = 10 * done // total
        if tenths > self.tenths:
            line = f"{self.title}: {done:,} of {total:,} {self.noun}"
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)
        self.tenths = tenths
