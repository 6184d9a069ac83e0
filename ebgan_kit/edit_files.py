"""Edits from files to files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ebgan_kit.data.photographs import SUFFIXES, find_breakage
from ebgan_kit.editor import Mask, load
from ebgan_kit.errors import UsageError

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


def edit_files(
    model: Path,
    source: Path,
    exemplar: Path,
    output: Path,
    regions: Sequence[str] | None = None,
    mask: Path | None = None,
    exemplar_mask: Path | None = None,
) -> Iterator[Path]:
    """Edit one photograph, or every one in a folder, and yield what was written.

    `exemplar`, `mask` and `exemplar_mask` may be one file for all, or folders of equal names. All
    files are checked before the first is edited; each result is written whole or not at all.
    """
    if regions and mask:
        raise UsageError("give a --region or a --mask, not both")
    jobs = _jobs(source, exemplar, output, mask, exemplar_mask)
    _check(jobs, source)
    editor = load(model)
    if source.is_dir():
        output.mkdir(parents=True, exist_ok=True)
    for photograph, example, target, area, other in jobs:
        where: Mask | None = tuple(regions) if regions else None
        if area is not None:
            where = Image.open(area)
        elsewhere = None if other is None else Image.open(other)
        try:
            edited = editor.edit(Image.open(photograph), Image.open(example), where, elsewhere)
        except UsageError as problem:
            raise UsageError(f"{photograph}: {problem}") from problem
        _write(edited, target)
        yield target


Job = tuple[Path, Path, Path, Path | None, Path | None]
"""Source, exemplar, output, mask, exemplar's mask."""


def _jobs(
    source: Path, exemplar: Path, output: Path, mask: Path | None, exemplar_mask: Path | None
) -> list[Job]:
    if not source.is_dir():
        return [(source, exemplar, output, mask, exemplar_mask)]
    photographs = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES)
    if not photographs:
        raise UsageError(f"{source}: holds no photograph ({', '.join(SUFFIXES)})")
    return [
        (
            photograph,
            _beside(photograph, exemplar),
            output / f"{photograph.stem}.png",
            None if mask is None else _beside(photograph, mask),
            None if exemplar_mask is None else _beside(photograph, exemplar_mask),
        )
        for photograph in photographs
    ]


def _beside(photograph: Path, other: Path) -> Path:
    """The file of the photograph's name, whatever its ending, where `other` is a folder."""
    if not other.is_dir():
        return other
    found = [p for s in SUFFIXES if (p := other / (photograph.stem + s)).exists()]
    if not found:
        raise UsageError(f"{other}: has no file of the name {photograph.stem}, for {photograph}")
    return found[0]


def _check(jobs: Sequence[Job], source: Path) -> None:
    """One UsageError that names every file that cannot be used."""
    faults = []
    for job in jobs:
        photograph, example, target, area, other = job
        for path in (photograph, example, area, other):
            why = _breakage(path) if path is not None else None
            if why:
                faults.append(f"{path} {why}")
        if not source.is_dir():
            faults += _target_faults(target, job)
    if source.is_dir() and jobs[0][2].parent.is_file():
        faults.append(f"{jobs[0][2].parent} is a file: the edits of a folder go to a folder")
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))


def _breakage(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder: give a file, or make --source a folder too"
    return find_breakage(path) if path.exists() else "does not exist"


def _target_faults(target: Path, job: Job) -> list[str]:
    if target.suffix.lower() not in LOSSLESS:
        return [
            f"{target}: would change pixels outside the region when it is compressed: write to "
            f"{target.with_suffix('.png').name}"
        ]
    if not target.parent.is_dir():
        return [f"{target}: the folder {target.parent} does not exist; make it first"]
    if target.exists() and any(p is not None and target.samefile(p) for p in job[:2] if p.exists()):
        return [f"{target}: is an input of this edit: write somewhere else"]
    return []


def _write(image: Any, target: Path) -> None:
    part = target.with_name(f".{target.name}.part{target.suffix}")
    image.save(part)
    os.replace(part, target)
