"""Watchers of a run: how they are told, and what happens where one cannot write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ebgan_kit.errors import UsageError


class Watching:
    """The watchers of a run, each told of the events that it has a method for.

    A watcher may be unable to write: its terminal was closed, or its disk is full. The others are
    told all the same, and `problem` then says why the run should end; it is None before.
    """

    def __init__(self, watchers: Sequence[Any]) -> None:
        self.watchers = watchers
        self.problem: Exception | None = None

    def __call__(self, event: str, *given: Any) -> None:
        """Tell every watcher of an event."""
        for watcher in self.watchers:
            try:
                getattr(watcher, event, _nothing)(*given)
            except (OSError, UsageError) as problem:
                self.problem = self.problem or problem


def _nothing(*given: Any) -> None:
    """Stand in for a watcher's missing method."""
