"""Files: written whole or not at all, and known again by their bytes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ebgan_kit.errors import Unwritable
from ebgan_kit.files.names import legible

MODEL_KEY = "ebgan-kit"
"""In the metadata of a model file: its header."""

FACES_KEY = "ebgan-kit-faces"
"""In the metadata of packed faces: their description."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the errors of a disk, or of one's share of it, that holds no more."""

_WAYS = dict.fromkeys(FULL, "make room, or write somewhere else") | {
    errno.ENAMETOOLONG: "take a shorter name"
}

_DRAFT = re.compile(r"\..{1,30}\.[0-9a-f]{8}", re.DOTALL)
"""The name of a draft, see `begun`."""


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Where to write what is to be at `path`: it gets there in one step, or is gone.

    The file gets the mode that `open` would give it: the umask's, or that of the file which was
    there. Of a link, the file that it leads to is written. A pipe or a device stays what it is, and
    takes the content. Unwritable, which names the file, where the disk does not take it.
    """
    with writing(path):
        target = path if is_special(path) else Path(os.path.realpath(path))
        unfinished = begun(target)
        try:
            mode = stat.S_IMODE((target if target.is_file() else unfinished).stat().st_mode)
            yield unfinished
            if is_special(target):
                with open(unfinished, "rb") as content, open(target, "wb") as taker:
                    shutil.copyfileobj(content, taker)
            else:
                settle(unfinished)
                _set_mode(unfinished, mode)
                os.replace(unfinished, target)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def begun(target: Path) -> Path:
    """Begin a file that is to take the target's place: empty, beside it, of the umask's mode.

    Its name is short, so that the target's may be as long as the disk allows.
    """
    folder = Path(tempfile.gettempdir()) if is_special(target) else target.parent
    unfinished = folder / f".{target.name[:30]}.{os.urandom(4).hex()}"
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return unfinished


def is_special(path: Path) -> bool:
    """Tell a pipe or a device: it is there, and neither a file nor a folder."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn what the disk says meanwhile into a sentence that names the file and the way out."""
    try:
        yield
    except Unwritable:
        raise
    except OSError as problem:
        way = _WAYS.get(problem.errno or 0, "write somewhere else")
        reason = problem.strerror or problem
        message = f"{path}: cannot be written: {reason}: {way}"
        raise Unwritable(message, problem.errno) from problem


def settle(path: Path) -> None:
    """Flush a file to its disk, so that no loss of power leaves an empty one under its name."""
    with open(path, "r+b") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there; Unwritable if it cannot be."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def clear_drafts(folder: Path) -> None:
    """Delete the drafts that killed processes have left in a folder where nobody is at work."""
    for left in folder.glob(".*"):
        if _DRAFT.fullmatch(left.name):
            left.unlink()


def _set_mode(path: Path, mode: int) -> None:
    """Give a file a mode, which libraries may have changed; some disks know none."""
    if stat.S_IMODE(path.stat().st_mode) != mode:
        with suppress(OSError):
            path.chmod(mode)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all; what is no text in it is marked by `legible`."""
    with draft(path) as unfinished:
        unfinished.write_text(legible(text), encoding="utf-8", newline="\n")


def write_json(path: Path, document: Any) -> None:
    """Write a document as JSON, indented; a file is written whole or not at all."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def fingerprint(path: Path | str) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, as `sha256sum` and the Hugging Face Hub say it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
