"""Interrupts, taken at a moment that suits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ebgan_kit.errors import Lost

_ENDS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that ask a process to end: Ctrl-C, a polite kill, and a terminal that is closed."""


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether an interrupt came; a second Ctrl-C acts at once.

    An interrupt is Ctrl-C, SIGTERM, or SIGHUP, which a terminal sends when it is closed. A signal
    that the process was told to ignore, as by nohup, stays ignored. Only a process's main thread
    may take signals: in any other, no interrupt comes.

    If another process died meanwhile, the signal is raised again at the end. A checkpoint is then
    no longer possible, and the launcher is only cleaning up.
    """
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in taken()}
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


def taken() -> list[signal.Signals]:
    """Return the signals that this thread takes as interrupts."""
    if threading.current_thread() is not threading.main_thread():
        return []
    known = [getattr(signal, name) for name in _ENDS if hasattr(signal, name)]
    return [number for number in known if signal.getsignal(number) != signal.SIG_IGN]
