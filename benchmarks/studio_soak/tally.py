"""What happened so far, told by several threads."""

from __future__ import annotations

from collections import Counter
from threading import Lock


class Tally:
    """Counts by name, and what went wrong, in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def trouble(self, words: str) -> None:
        """Something that should not have happened."""
        with self._lock:
            self.troubles[words] += 1

    def snapshot(self) -> Counter[str]:
        with self._lock:
            return self.counts + Counter(errors=self.troubles.total())
