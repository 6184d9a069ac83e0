"""Edits that were saved on the page, made again as the command line does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from benchmarks.studio_soak.tally import Tally
from ebgan_kit.editing.replay import replay


@dataclass(frozen=True)
class Saved:
    """A picture and the document of its edit, as they were downloaded."""

    picture: Path
    document: Path


def compare(saved: Queue[Saved | None], tally: Tally) -> None:
    """Compare each pair's pixels, file by file, until None comes; what is alike is deleted."""
    while (pair := saved.get()) is not None:
        again = pair.document.with_suffix(".again.png")
        try:
            replay(pair.document, output=again)
        except Exception as problem:  # whatever it is, the edit was not made again
            tally.count("different")
            tally.trouble(f"replay: {problem}")
            continue
        if again.read_bytes() == pair.picture.read_bytes():
            tally.count("alike")
            for path in (again, pair.picture, pair.document):
                path.unlink()
        else:
            tally.count("different")
            tally.trouble(f"{pair.picture} and {again} differ")
