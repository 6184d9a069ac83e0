"""Processes that read faces for another one: how they start, hand faces over, and end."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

from ebgan_kit.errors import UsageError
from ebgan_kit.types import Faces


class NoReaders(UsageError):
    """Processes that read faces, and that the machine does not let work."""


class NoRoom(Exception):
    """Shared memory that is too small for a batch of faces."""


def read_by(loader: DataLoader[Any]) -> Iterator[Faces]:
    """Read by the loader's processes.

    NoReaders where none can be started, where one was killed, and where shared memory has no room.
    """
    try:
        yield from _started(loader)
    except NoRoom as problem:
        reason = str(problem).rpartition("NoRoom: ")[2].strip()
        raise NoReaders(
            f"shared memory has no room for the faces that processes apart read ({reason}): give "
            "it more, as by docker run --shm-size=1g, or set train.workers=0"
        ) from problem
    except OSError as problem:
        raise NoReaders(
            f"processes that read faces cannot be started ({problem.strerror}): set train.workers=0"
        ) from problem
    except RuntimeError as problem:
        if str(problem).startswith("Caught "):  # the data's own error, in one of them
            raise
        reason = str(problem).partition(". ")[0]
        raise NoReaders(
            f"processes that read faces cannot go on ({reason}): where memory or the number of "
            "open files (ulimit -n) has run out, set a lower train.workers or train.batch"
        ) from problem


def _started(loader: DataLoader[Any]) -> Iterator[Faces]:
    """Start the processes; the death of one is noticed where its faces are waited for.

    By torch's own handler it would be noticed in the middle of a step, of which nothing can be
    saved.
    """
    # on trial, since torch's loader leaves tracebacks behind where these cannot be made
    [multiprocessing.Queue() for _ in range(loader.num_workers + 2)]
    if os.name != "posix":
        return iter(loader)
    before = signal.getsignal(signal.SIGCHLD)
    found = iter(loader)
    if signal.getsignal(signal.SIGCHLD) is not before:
        signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)
    return found


def leave_interrupts(worker: int) -> None:
    """Ctrl-C and a polite kill reach every process of a group: a reader has a group of its own, and
    goes on until the run has saved itself and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.name == "posix":
        os.setpgrp()


def handed_over(faces: Any) -> Faces:
    """Put a batch into shared memory; NoRoom, which reaches the process that waits for it.

    Left to the queue, this would fail in a thread, and the other process would wait for ever.
    """
    try:
        faces.share_memory()
    except RuntimeError as problem:
        raise NoRoom(str(problem)) from problem
    return faces
