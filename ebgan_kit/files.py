"""Files: written whole or not at all, and known again by their bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError

MODEL_KEY = "ebgan-kit"
"""In the metadata of a model file: its header."""

FACES_KEY = "ebgan-kit-faces"
"""In the metadata of packed faces: their description."""


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Where to write what is to be at `path`: it gets there in one step, or is gone."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        settle(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def settle(path: Path) -> None:
    """Flush a file to its disk, so that no loss of power leaves an empty one under its name."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


@contextmanager
def claimed(target: Path) -> Iterator[None]:
    """Claim a target for this process while it works on it.

    The claim ends with the process, however that ends. Raises UsageError at once where another
    process holds the target, or where nothing can be written beside it.
    """
    from filelock import FileLock, Timeout

    claim = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    try:
        claim.acquire()
    except Timeout:
        raise UsageError(
            f"{target}: another process is writing there; wait for its end, or choose another name"
        ) from None
    except OSError as problem:
        raise UsageError(f"{target}: cannot be written: {problem.strerror}") from problem
    try:
        yield
    finally:
        with suppress(OSError):  # while it is held, so that nobody is waiting for this very file
            os.unlink(claim.lock_file)
        claim.release()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there; UsageError if it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{path}: the folder cannot be made: {problem.strerror}") from problem


def require_parent(path: Path) -> None:
    """Check that the folder of a file to be written exists; UsageError if not."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist; make it first")


def write_json(path: Path, document: Any) -> None:
    """Write a document as JSON, indented; a file is written whole or not at all."""
    text = json.dumps(document, indent=2) + "\n"
    if path.exists() and not path.is_file():  # a pipe or a device, which stays what it is
        path.write_text(text, encoding="utf-8")
        return
    with draft(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def fingerprint(path: Path | str) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, as `sha256sum` and the Hugging Face Hub say it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
