"""The studio as a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

STARTS, ENDS = 120, 60
"""Seconds that a start and an end may take."""


@dataclass(frozen=True)
class Reading:
    """What the process holds at one moment."""

    rss: float
    """MiB."""
    open_files: int
    threads: int
    files: int
    """On disk, in its temporary folder."""
    size: int
    """Of them, bytes."""

    def __str__(self) -> str:
        return (
            f"{self.rss:.0f} MiB, {self.open_files} open files, {self.threads} threads, "
            f"{self.files} files on disk"
        )


class Server:
    """`ebgan-kit studio` in a folder, with a temporary folder beside it."""

    def __init__(self, folder: Path, models: Sequence[Path]) -> None:
        self.folder = folder
        self.temporary = folder.parent / f"{folder.name}-temporary"
        self.temporary.mkdir()
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ebgan_kit", "studio", *map(str, models)],
                cwd=folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.address = _address(self._process.stdout)
        self._seen = psutil.Process(self._process.pid)
        self.at_start = self.places()

    def _environment(self) -> dict[str, str]:
        kit = Path(__file__).resolve().parents[2]
        temporary = str(self.temporary)
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(kit), os.environ.get("PYTHONPATH", "")]),
            "OMP_NUM_THREADS": "1",
            "TMPDIR": temporary,
            "GRADIO_TEMP_DIR": temporary,
        }

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def places(self) -> set[Path]:
        """All files and folders that it could have written."""
        return {path for top in (self.folder, self.temporary) for path in top.rglob("*")}

    def left(self) -> set[Path]:
        """Those that were not there when it started."""
        return self.places() - self.at_start

    def read(self) -> Reading:
        sizes = [size for path in self.temporary.rglob("*") if (size := _size(path)) is not None]
        with self._seen.oneshot():
            rss = self._seen.memory_info().rss / 2**20
            return Reading(
                rss, self._seen.num_fds(), self._seen.num_threads(), len(sizes), sum(sizes)
            )

    def tracebacks(self) -> Counter[str]:
        """How each of those in its log ends."""
        lines = self.log.read_text(errors="replace").splitlines()
        found: Counter[str] = Counter()
        for number, line in enumerate(lines):
            if line.startswith("Traceback"):
                rest = lines[number + 1 :]
                found[next((line for line in rest if not line.startswith(" ")), "")[:160]] += 1
        return found

    def end(self) -> None:
        """By Ctrl-C."""
        if self.alive:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(ENDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _address(output: IO[str]) -> str:
    line = output.readline()
    if not line.startswith("http"):
        raise SystemExit("the studio did not start")
    return line.split()[0]


def _size(path: Path) -> int | None:
    """Bytes of a file; None for a folder, and for what is gone."""
    try:
        return None if path.is_dir() else path.stat().st_size
    except OSError:
        return None
