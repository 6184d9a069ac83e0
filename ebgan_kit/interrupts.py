"""Ctrl-C, taken at a moment that suits."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ebgan_kit.errors import Lost


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C (or a polite kill) came; a second one interrupts at once, as ever.

    Where other processes were lost meanwhile there is nothing to be saved any more: then it is
    obeyed as if nobody had asked. A launcher so ends those whom one that died has left behind.
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
