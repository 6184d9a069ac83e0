"""Outputs: the files that work is to write, tried before it; none of them is an input."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ebgan_kit.errors import Unwritable, UsageError
from ebgan_kit.files.writing import begun, is_special, writing

_BLOCK = 4096
"""Bytes that a trial writes: a disk that is full has room for names still."""


def require_writable(
    targets: Iterable[Path | None],
    inputs: Iterable[Path | None] = (),
    folder: Path | None = None,
    work: str = "command",
) -> None:
    """Try the files that work is to write; UsageError has a sentence for each that it cannot.

    A draft is begun beside each, and taken away again. No target may be an input or another target,
    by whatever name or link, or take the place of a file in a folder that is an input; JSON is no
    input there. A None is passed over.

    `folder`: the one that holds the targets, where it is made if it is not there. `work`: what has
    these inputs, in the sentence about them.
    """
    known = [target for target in targets if target is not None]
    given = [path for path in inputs if path is not None]
    found = [*faults(known, folder), *overlaps(known, given, work)]
    if found:
        raise UsageError("\n".join(dict.fromkeys(found)))


def faults(targets: Sequence[Path], folder: Path | None = None) -> list[str]:
    """Return a sentence for each target that cannot be written; see `require_writable`."""
    try:
        with _made(folder):
            found = []
            for fault in filter(None, map(_fault, targets)):
                found.append(str(fault))
                if isinstance(fault, Unwritable):  # the disk says the same of the others
                    break
            return found
    except UsageError as fault:
        return [str(fault)]


def overlaps(targets: Sequence[Path], inputs: Collection[Path], work: str = "command") -> list[str]:
    """Return a sentence for each target that is an input, or another target."""
    taken = {_identity(path) for path in inputs}
    folders = [path for path in inputs if os.path.isdir(path)]
    found: list[str] = []
    seen: set[object] = set()
    for target in targets:
        if is_special(target):  # a pipe or a device takes any number
            continue
        within = next((folder for folder in folders if _is_in(target, folder)), None)
        if (identity := _identity(target)) in taken:
            found.append(f"{target}: is an input of this {work}: write somewhere else")
        elif within is not None:
            found.append(
                f"{target}: is a file of {within}, an input of this {work}: write somewhere else"
            )
        elif identity in seen:
            found.append(f"{target}: would be written twice: give each output a name of its own")
        seen.add(identity)
    return found


@contextmanager
def _made(folder: Path | None) -> Iterator[None]:
    """A folder made for the while, with those above it; what was not there is gone afterwards."""
    made: list[Path] = []
    try:
        if folder is not None:
            if os.path.lexists(folder) and not os.path.isdir(folder):
                raise UsageError(f"{folder} is a file, where a folder is to be: name another one")
            with writing(folder):
                for each in reversed((folder, *folder.parents)):
                    if not each.is_dir():
                        each.mkdir()
                        made.append(each)
        yield
    finally:
        for each in reversed(made):
            with suppress(OSError):  # somebody else's files are in it meanwhile
                each.rmdir()


def _fault(target: Path) -> UsageError | None:
    """Why a file cannot be written, by trying it; None if it can be."""
    try:
        with writing(target):
            _try(target)
    except UsageError as fault:
        return fault
    return None


def _try(target: Path) -> None:
    """Begin a draft beside a target, and take it away again; what is there already stays."""
    if os.path.isdir(target):
        raise UsageError(f"{target} is a folder: name a file in it")
    if is_special(target):
        return
    place = Path(os.path.realpath(target))
    _require_folder(target, place.parent if target.is_symlink() else target.parent)
    with suppress(FileNotFoundError):
        place.lstat()  # says where the name itself is too long
    unfinished = begun(place)
    try:
        with unfinished.open("wb") as file:
            file.write(bytes(_BLOCK))
    finally:
        unfinished.unlink(missing_ok=True)


def _require_folder(target: Path, folder: Path) -> None:
    there = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), folder)
    if not os.path.isdir(there):
        raise UsageError(f"{target}: {there} is a file, and no folder: write somewhere else")
    if there != folder:
        raise UsageError(f"{target}: the folder {folder} does not exist; make it first")


def _identity(path: Path) -> object:
    """What two names of one file share: the file's number, or for none the path behind links."""
    try:
        status = os.stat(path)
        return status.st_dev, status.st_ino
    except (OSError, ValueError):
        return os.path.normcase(os.path.realpath(path))


def _is_in(target: Path, folder: Path) -> bool:
    """Whether a target takes the place of a file in a folder, at any depth, which is no JSON."""
    place = Path(os.path.realpath(target))
    there = os.path.isfile(place) and place.suffix.lower() != ".json"
    return there and place.is_relative_to(os.path.realpath(folder))
