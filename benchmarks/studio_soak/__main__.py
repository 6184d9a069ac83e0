"""The studio under people in browsers and under hostile uploads, for as long as is said:

    python -m benchmarks.studio_soak [--minutes 60]

A row a minute. At the end: were all edits as on the command line, is memory flat, and is anything
of an upload left on disk? Exit status 1 where an edit differs, a file is left or the server died.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: the cores are for the browsers

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from random import Random
from threading import Thread

from benchmarks.studio_soak.album import album
from benchmarks.studio_soak.models import models
from benchmarks.studio_soak.replays import Saved, compare
from benchmarks.studio_soak.report import Row, heading, memory
from benchmarks.studio_soak.server import Server
from benchmarks.studio_soak.stranger import Stranger
from benchmarks.studio_soak.tally import Tally
from benchmarks.studio_soak.visitor import Visitor

LOOK = 2.0
"""Seconds from one reading to the next."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studio_soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--browsers", type=int, default=4)
    parser.add_argument("--every", type=float, default=60, help="seconds from row to row")
    parser.add_argument("--grace", type=float, default=120, help="seconds until nothing is left")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where all files go, and stay")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        wrong = soak(asked, asked.folder or Path(passing))
    for words in wrong:
        print(words)
    sys.exit(bool(wrong))


def soak(asked: argparse.Namespace, folder: Path) -> list[str]:
    """What is wrong, a sentence each."""
    tally, served, people = Tally(), folder / "served", folder / "people"
    served.mkdir(parents=True)
    names = models(served, folder / "runs")
    shutil.copytree(served, people)
    server = Server(served, names)
    try:
        rows = _let_in(asked, server, people, tally)
        died = not server.alive
        _wait(asked.grace, lambda: not server.left())
        left = server.left()
        print(f"{asked.grace:.0f} seconds after they left, or before:", server.read())
    finally:
        server.end()
    _say(rows, tally, server)
    gone = [path for path in server.temporary.rglob("*")]
    return _wrong(tally, died, left, gone)


def _let_in(asked: argparse.Namespace, server: Server, people: Path, tally: Tally) -> list[Row]:
    """People and a stranger, until the time is over and all have left."""
    end = time.monotonic() + 60 * asked.minutes
    saved: Queue[Saved | None] = Queue()

    def over() -> bool:
        return time.monotonic() > end or not server.alive

    photographs, chance = album(people), [Random(f"{asked.seed} {n}") for n in range(9)]
    guests = [
        Visitor(server.address, photographs, people, saved, tally, one).browse
        for one in chance[1 : asked.browsers + 1]
    ]
    guests.append(Stranger(server.address, tally, chance[0]).annoy)
    threads = [Thread(target=guest, args=(over,)) for guest in guests]
    comparing = Thread(target=compare, args=(saved, tally))
    for thread in (*threads, comparing):
        thread.start()
    rows = list(_rows(asked.every, server, tally, over))
    for thread in threads:
        thread.join()
    saved.put(None)
    comparing.join()
    return rows


def _rows(every: float, server: Server, tally: Tally, over: Callable[[], bool]) -> Iterator[Row]:
    print(heading(), flush=True)
    start, readings = time.monotonic(), [server.read()]
    due = every
    while not over():
        time.sleep(LOOK)
        if server.alive:
            readings.append(server.read())
        if (passed := time.monotonic() - start) >= due:
            row = Row(passed / 60, readings, tally.snapshot())
            print(row, flush=True)
            yield row
            readings, due = readings[-1:], due + every


def _wait(seconds: float, until: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(LOOK)


def _say(rows: list[Row], tally: Tally, server: Server) -> None:
    counts = tally.snapshot()
    print(memory(rows))
    print(f"edits as on the command line: {counts['alike']}; others: {counts['different']}")
    print(f"tracebacks in the server's log: {server.tracebacks()}")
    for words, count in tally.troubles.most_common():
        print(f"{count} × {words}")


def _wrong(tally: Tally, died: bool, left: set[Path], gone: list[Path]) -> list[str]:
    found = {
        "an edit is not as on the command line": bool(tally.counts["different"]),
        "the server died": died,
        f"left on disk by uploads: {sorted(map(str, left))[:9]}": bool(left),
        f"left on disk by the server: {sorted(map(str, gone))[:9]}": bool(gone),
    }
    return [words for words, so in found.items() if so]


if __name__ == "__main__":
    main()
