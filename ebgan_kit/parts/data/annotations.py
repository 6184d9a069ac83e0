"""A data folder's lists held against its images."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import find_breakage
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.naming import none_named
from ebgan_kit.parts.data.tables import Table


def compare(
    faults: Faults, images: Collection[str] | None, tables: Iterable[Table | None], folder: str = ""
) -> None:
    """Find rows without an image and images without a row; each missing image is told once.

    A table that names none of the images is a fault of the whole table.
    """
    if images is None:
        return
    known = [table for table in tables if table is not None and table.lines]
    if known and not images:
        faults.add(folder or str(faults.root), "there is no photograph in it")
        return
    missing: set[str] = set()
    for table in known:
        if table.lines.keys().isdisjoint(images):
            faults.add(table.file, none_named(next(iter(table.lines)), images, folder))
            continue
        for face, line in table.lines.items():
            if face not in images and face not in missing:
                faults.add(f"{table.file}:{line}", f"there is no image {folder}{face}", face)
                missing.add(face)
        for face in sorted(set(images) - table.lines.keys()):
            faults.add(f"{folder}{face}", f"it has no row in {table.file}", face)


def check_images(faults: Faults, images: Iterable[str], folder: str = "") -> None:
    """Find the images that do not decode."""
    for face in sorted(images):
        breakage = find_breakage(faults.root / folder / face)
        if breakage:
            faults.add(f"{folder}{face}", breakage, face)


def require_faces(faces: list[str], root: Path, partitions: Collection[str]) -> list[str]:
    """The faces themselves; a UsageError where there are none."""
    if not faces:
        raise UsageError(f"{root} holds no face to use for data.partitions={','.join(partitions)}")
    return faces
