"""Edits from files to files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ebgan_kit.data.photographs import SUFFIXES, find_breakage
from ebgan_kit.editor import Mask, load
from ebgan_kit.errors import UsageError
from ebgan_kit.switches import Switches

TOGETHER = 8
"""How many photographs of a folder are edited at a time: more gain little, and take memory."""

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


def edit_files(
    model: Path,
    source: Path,
    exemplar: Path,
    output: Path,
    regions: Sequence[str] | None = None,
    mask: Path | None = None,
    exemplar_mask: Path | None = None,
    attributes: Switches | None = None,
) -> Iterator[Path]:
    """Edit one photograph, or every one in a folder, and yield what was written.

    `exemplar`, `mask` and `exemplar_mask` may be one file for all, or folders of equal names. All
    files are checked before the first is edited; each result is written whole or not at all.
    `attributes`: switches, as for `Editor.edit`.
    """
    if regions and mask:
        raise UsageError("give a --region or a --mask, not both")
    jobs = _jobs(source, exemplar, output, mask, exemplar_mask)
    _check(jobs, source)
    editor = load(model)
    for job in jobs:
        _with_pictures(editor.check, job, regions, attributes)
    if source.is_dir():
        output.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(jobs), TOGETHER):
        some = jobs[start : start + TOGETHER]
        ready = [_with_pictures(editor.job, job, regions, attributes) for job in some]
        for job, edited in zip(some, editor.edit_all(ready), strict=True):
            _write(edited, job[2])
            yield job[2]


Job = tuple[Path, Path, Path, Path | None, Path | None]
"""Source, exemplar, output, mask, exemplar's mask."""


def _with_pictures(
    use: Callable[..., Any],
    job: Job,
    regions: Sequence[str] | None,
    attributes: Switches | None,
) -> Any:
    """What `use` makes of a job's pictures; a UsageError names the photograph."""
    photograph, example, _, area, other = job
    where: Mask | None = tuple(regions) if regions else None
    try:
        if area is not None:
            where = Image.open(area)
        elsewhere = None if other is None else Image.open(other)
        return use(Image.open(photograph), Image.open(example), where, elsewhere, attributes)
    except (UsageError, OSError, SyntaxError) as problem:  # Pillow's, for damage inside a file
        raise UsageError(f"{photograph}: {problem}") from problem


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
    inputs = [path for job in jobs for path in (*job[:2], *job[3:]) if path is not None]
    faults = [f"{path} {why}" for path in dict.fromkeys(inputs) if (why := _breakage(path))]
    targets = [job[2] for job in jobs]
    if not source.is_dir():
        faults += _target_faults(targets[0])
    elif targets[0].parent.is_file():
        faults.append(f"{targets[0].parent} is a file: the edits of a folder go to a folder")
    taken = {path.resolve() for path in inputs}
    for target, times in Counter(targets).items():
        if target.resolve() in taken:
            faults.append(f"{target}: is an input of this edit: write somewhere else")
        if times > 1:
            faults.append(f"{target}: would hold the edits of two photographs: rename one of them")
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))


def _breakage(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder: give a file, or make --source a folder too"
    return find_breakage(path) if path.exists() else "does not exist"


def _target_faults(target: Path) -> list[str]:
    if target.suffix.lower() not in LOSSLESS:
        return [
            f"{target}: would change pixels outside the region when it is compressed: write to "
            f"{target.with_suffix('.png').name}"
        ]
    if not target.parent.is_dir():
        return [f"{target}: the folder {target.parent} does not exist; make it first"]
    return []


def _write(image: Any, target: Path) -> None:
    part = target.with_name(f".{target.name}.part{target.suffix}")
    image.save(part)
    os.replace(part, target)
