"""Files: written whole or not at all, and known again by their bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


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
