"""A TOML file as a plain document; what a command reads before it imports anything large."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError


def read_toml(path: Path | str) -> dict[str, Any]:
    """Read a TOML file; UsageError where it cannot be read or is no TOML."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path}: is not a TOML file: it is not UTF-8 text") from problem
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path}: is not valid TOML: {problem}") from problem
