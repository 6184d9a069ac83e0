"""A visit to a studio that is served: what a stranger sends, and what is answered.

    python -m ebgan_kit.testing.hostile.visit STUDIO visit.json

STUDIO is the folder of a `hostile.studio.Studio`. The status is 2 where something was refused, with
the reason. It is 1 where the kit broke down, did what it must not, or left an upload on the disk.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ebgan_kit.testing.hostile.visitor import Broken, Refused, Visitor

OURS = "/ebgan_kit/"
"""In a traceback: the kit's own code was running."""


def visit(home: Path, document: dict[str, Any]) -> None:
    """Send all steps; Refused with the last reason, Broken for what must not be."""
    before = {name: (home / name).stat().st_size for name in ("log", "seen")}
    known = _uploads(home)
    reason, visitor = "", Visitor(home, document["session"])
    for step in document["steps"]:
        try:
            visitor.take(step)
        except Refused as refusal:
            reason = str(refusal)
    Visitor(home, document["session"])  # it is still there
    log, seen = ((home / name).read_bytes()[size:].decode() for name, size in before.items())
    _check_log(log, seen)
    _check_disk(home, known)
    if reason:
        raise Refused(reason)


def _check_log(log: str, seen: str) -> None:
    """Broken where the server ran the kit into an error, or ran something else."""
    for error in log.split("Traceback (most recent call last):")[1:]:
        if OURS in error:
            raise Broken(f"it logged {error.strip().splitlines()[-1]}\n{error[-5_000:]}")
    if seen:
        raise Broken(f"it did {seen[:500]}")


def _check_disk(home: Path, known: set[Path]) -> None:
    deadline = time.monotonic() + 2
    while (kept := _uploads(home) - known) and time.monotonic() < deadline:
        time.sleep(0.05)
    if kept:
        raise Broken(f"it keeps uploads on the disk\n{', '.join(path.name for path in kept)}")


def _uploads(home: Path) -> set[Path]:
    return {path for path in (home / "tmp").rglob("*") if path.is_file()}


def main() -> None:
    """Make the visit that a file describes."""
    home, document = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    try:
        visit(home, document)
    except Refused as refusal:
        print(f"ebgan-kit: {str(refusal)!a}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
