"""What is wrong with a data folder, told in one message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ebgan_kit.errors import UsageError

_SHOWN = 20  # faults in one message; the rest are counted

WAY_OUT = "mend them, or set data.skip_broken=true to go on without them"
OF_FILES = "mend them (data.skip_broken passes over single faces, not over whole files)"


class Faults:
    """What is wrong with a data folder, collected while it is read.

    Faces are known by their image's file name. `way_out`: what a person can do about
    them, where that is not a recipe's key.
    """

    def __init__(self, root: Path, way_out: str = "") -> None:
        if not root.is_dir():
            raise UsageError(f"data.root: there is no folder {root}; give the data set's own")
        self.root = root
        self._way_out = way_out
        self.broken: set[str] = set()
        self._lasting: list[str] = []
        self._of_faces: list[tuple[str, str]] = []

    def add(self, where: str, what: str, face: str | None = None) -> None:
        """Note a fault of one face, or, with no face, one that cannot be skipped.

        `where` is a file below the root, with `:line` for a line in it.
        """
        if face is None:
            self._lasting.append(f"{where}: {what}")
        else:
            self._of_faces.append((face, f"{where}: {what}"))
            self.broken.add(face)

    def settle(self, skip_broken: bool, elsewhere: Collection[str] = ()) -> int:
        """Raise one UsageError that tells every fault, or return how many faces are left out.

        Faces `elsewhere`, in partitions that were not asked for, may be broken.
        """
        here = [(face, fault) for face, fault in self._of_faces if face not in elsewhere]
        told = self._lasting + ([] if skip_broken else [fault for _, fault in here])
        if told:
            raise UsageError(self._message(told))
        return len({face for face, _ in here})

    def _message(self, told: list[str]) -> str:
        way_out = self._way_out or (OF_FILES if self._lasting else WAY_OUT)
        return in_one_message(f"the data in {self.root} cannot be used as it is:", told, way_out)


def in_one_message(head: str, told: Sequence[str], way_out: str) -> str:
    """The first twenty faults, the number of the others, and the way out."""
    lines = [head, *told[:_SHOWN]]
    if len(told) > _SHOWN:
        lines.append(f"and {len(told) - _SHOWN} more")
    return "\n  ".join(lines) + f"\n{way_out}"
