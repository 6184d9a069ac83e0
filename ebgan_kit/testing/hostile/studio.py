"""A studio that is served in a process of its own, for strangers to visit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import NoReturn

from ebgan_kit.testing.hostile.command import kit, run
from ebgan_kit.testing.hostile.sound import MODELS
from ebgan_kit.testing.hostile.visitor import Visitor
from ebgan_kit.testing.hostile.watch import Watch

PATIENCE = 120
"""Seconds in which it must be there."""


class Studio:
    """A studio's process. Its folder has what it prints, what it does, and its address."""

    def __init__(self, home: Path, sound: Path) -> None:
        self.home, self.sound = home, sound
        self.process = 0

    def start(self) -> None:
        """Begin to serve; `wait` returns once it does."""
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "tmp").mkdir(parents=True)
        for model in MODELS:
            shutil.copy(self.sound / model, self.home / model)
        self.process = os.fork()
        if self.process == 0:
            _serve(self.home)

    def wait(self) -> None:
        """Wait until it serves; RuntimeError where it does not."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.is_alive():
            found = re.search(r"http://\S+", self._said())
            if found:
                (self.home / "address").write_text(found[0])
                Visitor(self.home, "first").call(
                    "None.load", ["tab"]
                )  # what it imports, it has then
                (self.home / "seen").write_text("")
                return
            time.sleep(0.1)
        raise RuntimeError(f"no studio could be started: {self._said()}")

    def _said(self) -> str:
        log = self.home / "log"
        return log.read_text() if log.exists() else ""

    def is_alive(self) -> bool:
        """Whether it still serves."""
        if self.process:
            ended, _ = os.waitpid(self.process, os.WNOHANG)
            self.process = 0 if ended else self.process
        return bool(self.process)

    def stop(self) -> None:
        """End it."""
        if self.is_alive():
            os.kill(self.process, signal.SIGTERM)
            with suppress(ChildProcessError):
                os.waitpid(self.process, 0)


def _serve(home: Path) -> NoReturn:
    os.setpgrp()
    os.chdir(home)
    os.environ["TMPDIR"], tempfile.tempdir = str(home / "tmp"), None
    os.environ["MPLCONFIGDIR"] = str(home)  # a library of Gradio's keeps its settings there
    for number in (1, 2):
        file = os.open(home / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    watch = Watch(lambda told: _note(home, told))
    watch.on(home)
    try:
        status = run(kit("studio", *MODELS))
    finally:
        os._exit(1)
    os._exit(status)


def _end_with(parent: int) -> None:
    """End this process with the one that started it, however that ends."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _note(home: Path, told: str) -> None:
    with open(home / "seen", "a") as file:
        file.write(told + "\n")
