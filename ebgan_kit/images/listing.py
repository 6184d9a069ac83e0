"""The photographs of a folder, and the files beside them that are passed over."""

from __future__ import annotations

import os
import warnings
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import SUFFIXES

_NEEDS = {suffix: "pillow-heif" for suffix in (".heic", ".heif", ".hif")}
"""The package that reads a format which Pillow alone does not."""


@dataclass(frozen=True)
class Listing:
    """The photographs of a folder, and the reason for each file that is passed over."""

    folder: Path
    photographs: list[str] = field(default_factory=list)
    """Paths as seen from the folder, with forward slashes on every system, in order."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Path as seen from the folder → the reason, in words."""

    def paths(self) -> list[Path]:
        """The photographs' paths."""
        return [self.folder / name for name in self.photographs]

    def take(self, path: Path) -> None:
        """Note a file that something else reads: it is not passed over."""
        place = os.path.relpath(os.path.realpath(path), os.path.realpath(self.folder))
        self.passed_over.pop(Path(place).as_posix(), None)

    def sentence(self) -> str:
        """The number of files that are passed over, per reason; "" where there is none."""
        reasons = Counter(self.passed_over.values())
        counts = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        return counts and f"{self.folder}: files passed over: {reasons.total()} ({counts})"

    def empty(self) -> str:
        """The complaint where no photograph is left."""
        why = f"; {self.sentence()}" if self.passed_over else ""
        return f"{self.folder}: holds no photograph ({', '.join(SUFFIXES)}){why}"

    def warn(self) -> None:
        """Warn of the files that are passed over."""
        if self.passed_over:
            warnings.warn(self.sentence(), stacklevel=3)


def list_photographs(folder: Path, inside: bool = False) -> Listing:
    """List the photographs of a folder, and with `inside` of the folders inside it.

    A photograph has a suffix of `SUFFIXES` that a reader is installed for. Hidden files and hidden
    folders are passed over. Linked folders are read, but no folder twice: a link that leads back
    ends there. UsageError for a folder that cannot be read.
    """
    listing = Listing(folder)
    real, linked, seen = deque([""]), deque[str](), set[str]()
    while real or linked:  # linked folders last: no photograph changes its name for them
        place = (real or linked).popleft()
        whole = os.path.realpath(folder / place)
        if whole in seen:
            listing.passed_over[place] = "linked folder, read already"
            continue
        seen.add(whole)
        for entry in _entries(listing, place):
            path = f"{place}/{entry.name}" if place else entry.name
            reason = _reason(entry, inside)
            if reason:
                listing.passed_over[path] = reason
            elif _is_folder(entry):
                (linked if entry.is_symlink() else real).append(path)
            else:
                listing.photographs.append(path)
    listing.photographs.sort()
    return listing


def _entries(listing: Listing, place: str) -> Iterator[os.DirEntry[str]]:
    """What a folder holds, by name."""
    try:
        with os.scandir(listing.folder / place) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as problem:
        if not place:
            raise UsageError(f"{listing.folder}: cannot be read: {problem.strerror}") from problem
        listing.passed_over[place] = "folder that cannot be read"


def _reason(entry: os.DirEntry[str], inside: bool) -> str | None:
    """Why an entry is passed over; None for a photograph, or a folder to read."""
    hidden, suffix = entry.name.startswith("."), os.path.splitext(entry.name)[1].lower()
    if _is_folder(entry):
        return "hidden folder" if hidden else None if inside else "folder inside"
    if hidden:
        return "hidden"
    if suffix not in SUFFIXES:
        return f"with the suffix {suffix}" if suffix else "without a suffix"
    if not has_reader(suffix):
        return f"with the suffix {suffix}, for want of {_NEEDS.get(suffix, 'a reader in Pillow')}"
    return None if _is_file(entry) else "pipe or device"


def has_reader(suffix: str) -> bool:
    """Tell if Pillow, with the readers that are installed beside it, opens files of a suffix."""
    if suffix in _NEEDS and find_spec(_NEEDS[suffix].replace("-", "_")):
        return True  # Pillow learns of it with the first such file
    return Image.registered_extensions().get(suffix) in Image.OPEN


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """True for a link to a folder too; os.path takes links that lead nowhere or to themselves."""
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry.path))


def _is_file(entry: os.DirEntry[str]) -> bool:
    """True for a link that leads nowhere too: its reader says so."""
    if entry.is_symlink():
        return os.path.isfile(entry.path) or not os.path.exists(entry.path)
    return entry.is_file(follow_symlinks=False)
