"""By which bytes a model or a photograph is known again, whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(path: Path | str) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, as `sha256sum` and the Hugging Face Hub say it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
