"""Cases in child processes: within bounds of time and memory, watched, each in its own folder."""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

from ebgan_kit.testing.hostile.case import Case
from ebgan_kit.testing.hostile.command import run
from ebgan_kit.testing.hostile.verdict import UNMADE, Outcome, folder_of, judge
from ebgan_kit.testing.hostile.watch import Watch

SECONDS = 60
"""That a command may take."""

ROOM = 2 * 2**30
"""Bytes of memory that a command may take beyond what the kit takes when it is imported."""

BATCH = 20
"""Cases that one child takes on, one after the other."""


@dataclass
class Left:
    """What a command left behind, in a folder and of itself."""

    command: str = ""
    status: int | None = None
    """None where the process ended with it."""
    before: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0


def tried(cases: Sequence[Case], place: Path) -> Iterator[tuple[Case, Outcome]]:
    """Try cases; a child that dies takes one case along, and another child goes on."""
    waiting = list(cases)
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        answers = place / "answers"
        answers.write_text("")
        status = _in_a_child(batch, place, answers)
        for line in answers.read_text().splitlines():
            yield batch.pop(0), Outcome(**json.loads(line))
        if batch:  # the child died of the first of these
            yield batch.pop(0), _of_the_dead(place, status)
        waiting = batch + waiting


def _in_a_child(cases: Sequence[Case], place: Path, answers: Path) -> int:
    """Try cases in a child; returns how it ended, as `os.waitpid` says it."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _try_all(cases, place, answers)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):  # processes that it started and did not end
        os.killpg(child, signal.SIGKILL)
    return status


def _try_all(cases: Sequence[Case], place: Path, answers: Path) -> NoReturn:
    os.setpgrp()
    seen: list[str] = []
    watch = Watch(seen.append)
    with answers.open("a") as told:
        for case in cases:
            outcome = _try(case, place, watch, seen)
            told.write(json.dumps(asdict(outcome)) + "\n")
            told.flush()
    os._exit(0)


def _try(case: Case, place: Path, watch: Watch, seen: list[str]) -> Outcome:
    """Try one case in a fresh folder."""
    folder = place / "case"
    shutil.rmtree(folder, ignore_errors=True)
    work, temporary = folder / "work", folder / "tmp"
    work.mkdir(parents=True)
    temporary.mkdir()
    os.chdir(work)
    os.environ["TMPDIR"], tempfile.tempdir = str(temporary), None
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "torch")
    _speak_to(folder)  # what is said while inputs are made is forgotten
    left = Left()
    (folder / "left").write_text(json.dumps(asdict(left)))
    try:
        command = case.prepare(place / "sound")
    except Exception:
        return Outcome(UNMADE, said=traceback.format_exc())
    left.command, left.before = str(command), folder_of(work)
    (folder / "left").write_text(json.dumps(asdict(left)))
    seen.clear()
    _speak_to(folder)
    _bound()
    begun, taken = time.monotonic(), _memory("VmRSS")
    watch.on(folder)
    try:
        left.status = run(command)
    except BaseException:
        traceback.print_exc()
        left.status = 1
    watch.off()
    left.seconds, left.megabytes = time.monotonic() - begun, (_memory("VmHWM") - taken) / 2**20
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.flush()
    sys.stderr.flush()
    left.seen = list(seen)
    return judge(folder, left)


def _speak_to(folder: Path) -> None:
    """Send what the command and the libraries below it print to files."""
    sys.stdout.flush()
    sys.stderr.flush()
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115


def _bound() -> None:
    """Set the bounds of the next command: the process ends where it takes longer."""
    faulthandler.dump_traceback_later(SECONDS, exit=True, file=2)
    with suppress(OSError):  # /proc is Linux's own
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        most = pages * os.sysconf("SC_PAGE_SIZE") + ROOM
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))


def _memory(name: str) -> int:
    """Bytes of memory that the process has, VmRSS, or had since the bounds were set, VmHWM."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 2**10
    return 0


def _of_the_dead(place: Path, status: int) -> Outcome:
    folder = place / "case"
    left = Left(**json.loads((folder / "left").read_text()))
    return judge(folder, left, how=os.waitstatus_to_exitcode(status))
