"""Files: written whole or not at all, and known again by their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def fingerprint(path: Path | str) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, as `sha256sum` and the Hugging Face Hub say it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
