"""Ctrl-C, taken at a moment that suits."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ebgan_kit.errors import Lost


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C or SIGTERM came; a second Ctrl-C acts at once.

    If another process died meanwhile, the signal is raised again at the end. A checkpoint is then
    no longer possible, and the launcher is only cleaning up.
    """
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {s: signal.signal(s, note) for s in (signal.SIGINT, signal.SIGTERM)}
    lost = False
    try:
        yield lambda: bool(came)
    except Lost:
        lost = True
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if lost and came:
            signal.raise_signal(came[0])
