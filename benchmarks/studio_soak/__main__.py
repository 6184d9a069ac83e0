"""The studio under people in browsers and under hostile uploads, for as long as is said:

    python -m benchmarks.studio_soak [--minutes 60]

One row per minute. At the end: were all edits as on the command line, is memory flat, and is
anything of an upload left on disk? Exit status 1 where an edit differs, a file is left or the
server died.
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
    parser.add_argument("--grace", type=float, default=120, help="seconds for what is left to go")
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
        left = _left(server, asked.grace)
    finally:
        server.end()
    print(memory(rows))
    _say(tally, server)
    return _wrong(tally, died, left, server.left())


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
            print(row := Row(passed / 60, readings, tally.snapshot()), flush=True)
            yield row
            readings, due = readings[-1:], due + every


def _left(server: Server, grace: float) -> set[Path]:
    """What is left on disk when all are gone, after no more than a grace in seconds."""
    start = time.monotonic()
    while server.alive and server.left() and time.monotonic() < start + grace:
        time.sleep(LOOK)
    if server.alive:
        print(f"{time.monotonic() - start:.0f} seconds after the last one left: {server.read()}")
    return server.left()


def _say(tally: Tally, server: Server) -> None:
    counts = tally.snapshot()
    print(f"edits as on the command line: {counts['alike']}; others: {counts['different']}")
    for words, count in tally.troubles.most_common():
        print(f"{count} × {words}")
    for words, count in server.tracebacks().most_common():
        print(f"{count} × in the server's log: {words}")


def _wrong(tally: Tally, died: bool, left: set[Path], at_end: set[Path]) -> list[str]:
    found = {
        "no edit was compared": not tally.counts["alike"],
        "an edit is not as on the command line": bool(tally.counts["different"]),
        "the server died": died,
        f"left on disk by uploads: {sorted(map(str, left))[:9]}": bool(left),
        f"left on disk by the server: {sorted(map(str, at_end))[:9]}": bool(at_end),
    }
    return [words for words, so in found.items() if so]


if __name__ == "__main__":
    main()
