"""An attempt to bring a run to its end, in one process or several, which may be killed."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from ebgan_kit.testing.crashes.moments import Delay, Moment, arm

_PATIENCE = 120.0
"""Seconds after which an attempt hangs."""

_PRELOADED = (
    "ebgan_kit.cli.app",
    "ebgan_kit.training.trainer",
    "filelock",
    "packaging.requirements",
    "torch._dynamo",
)
"""What every run imports, which takes longer than a tiny run: it is imported once for all."""


@dataclass(frozen=True)
class Ending:
    """How an attempt ended, and all that it printed."""

    statuses: tuple[int | None, ...]
    """Exit status per process; None for one that hangs."""
    said: str

    @property
    def finished(self) -> bool:
        return not any(self.statuses)

    @property
    def killed(self) -> bool:
        return -signal.SIGKILL in self.statuses and None not in self.statuses

    def __str__(self) -> str:
        statuses = ", ".join("hangs" if one is None else str(one) for one in self.statuses)
        return f"ended with {statuses}: {self.said}"


def prepare(modules: Sequence[str]) -> None:
    """Import what all attempts share, and these modules, in the process that they are forked from.

    It has no threads, so that a fork is safe.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_PRELOADED, *modules])
    first = context.Process(target=int)
    first.start()
    first.join()


def attempt(
    folder: Path, words: Sequence[str], processes: int, end: Moment | Delay | None = None
) -> Ending:
    """Run `ebgan-kit WORDS` in a folder, to its end or until it is killed at the moment `end`."""
    log = folder.with_suffix(".log")
    log.write_text("")
    moments = [end if isinstance(end, Moment) else None] + [None] * (processes - 1)
    context = multiprocessing.get_context("forkserver")
    started = [
        context.Process(target=_run, args=(folder, log, words, place, moment))
        for place, moment in zip(_places(processes), moments, strict=True)
    ]
    for process in started:
        process.start()
    if isinstance(end, Delay) and not wait([one.sentinel for one in started], end.seconds):
        for rank in end.victims:
            started[rank].kill()
    return Ending(_statuses(started), log.read_text(errors="replace"))


def _places(processes: int) -> list[Mapping[str, str]]:
    """The environment of each process, as a launcher sets it; nothing for one that is alone."""
    if processes == 1:
        return [{}]
    shared = {
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
    }
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _run(
    folder: Path, log: Path, words: Sequence[str], place: Mapping[str, str], moment: Moment | None
) -> None:
    """Be the command `ebgan-kit WORDS`."""
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(place)
    os.chdir(folder)
    if moment is not None:
        arm(moment)
    sys.argv = ["ebgan-kit", *words]
    runpy.run_module("ebgan_kit", run_name="__main__")


def _statuses(started: Sequence[BaseProcess]) -> tuple[int | None, ...]:
    """Wait for the end of all; where one breaks down, end the others, as a launcher does."""
    while alive := [one for one in started if one.exitcode is None]:
        ended = wait([one.sentinel for one in alive], _PATIENCE)
        if not ended or any(one.exitcode for one in started):
            break
    for one in alive:
        one.terminate()
        one.join(_PATIENCE)
    statuses = tuple(one.exitcode for one in started)
    for one in alive:
        one.kill()
    return statuses
