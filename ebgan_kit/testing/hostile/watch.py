"""A watch on a process: whether it runs or opens what no input may make it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORBIDDEN = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "pty.spawn",
    "subprocess.Popen", "pickle.find_class", "socket.connect", "socket.sendto", "socket.bind",
    "socket.getaddrinfo", "urllib.Request", "ftplib.connect", "smtplib.connect", "webbrowser.open",
)  # fmt: skip
"""Audit events of Python: programs that are started, pickles that are run, hosts that are asked."""

HERE = "127.0.0.1"
"""Where a studio is served, and what may be asked."""

_CHANGES = (
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink", "os.link",
)  # fmt: skip


class Watch:
    """Notes, while it is on, each forbidden event, and each file that is written outside a folder.

    An audit hook stays for as long as its process lives: this is for children.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.folder: Path | None = None
        sys.addaudithook(self._hear)

    def on(self, folder: Path) -> None:
        """Watch from now on; only in the folder may files be written."""
        self.folder = folder

    def off(self) -> None:
        self.folder = None

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        folder = self.folder
        if folder is None or (event.startswith("socket.") and HERE in map(_host, given)):
            return
        is_write = event in _CHANGES or (event == "open" and _writes(*given[1:3]))
        if event in FORBIDDEN or (is_write and _is_outside(given[0], folder)):
            self.folder = None  # while its own work would be heard
            self.tell(f"{event} {repr(given)[:200]}")
            self.folder = folder


def _host(given: Any) -> Any:
    return given[0] if isinstance(given, tuple) and given else given


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))


def _is_outside(path: Any, folder: Path) -> bool:
    """Whether a file is outside the folder; an open one, by its number, was heard of before."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    place = os.path.abspath(os.fsdecode(path))
    return not place.startswith((f"{folder}/", "/dev/")) and place != str(folder)
