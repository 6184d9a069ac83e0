"""Edits from files to files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from ebgan_kit.editing.editor import load
from ebgan_kit.editing.face_finder import FaceFinder
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.files import draft
from ebgan_kit.images.photographs import DAMAGE, SUFFIXES, find_breakage
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.outputs import faults, overlaps

TOGETHER = 8
"""How many photographs of a folder are edited at a time: more gain little, and take memory."""

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


def edit_files(
    model: ModelFile | Path | str, request: Request[Path], output: Path, find_faces: bool = False
) -> Iterator[tuple[Request[Path], Path]]:
    """Edit one photograph, or every one in a folder; yields each request and what was written.

    Where the source is a folder, the output is one too, and every other picture may be one file
    for all, or a folder of equal names. All files are checked before the first is edited; each
    result is written whole or not at all. `find_faces`: eyes that are not given are looked for.
    """
    file = ModelFile.open(model)
    jobs = _jobs(request, output)
    _check(jobs, request.source, file.path)
    editor = load(file)
    if find_faces:
        jobs = _with_eyes(jobs)
    for one, _ in jobs:
        _with_pictures(editor.check, one)
    if request.source.is_dir():
        output.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(jobs), TOGETHER):
        some = jobs[start : start + TOGETHER]
        edits = editor.edit_all([_with_pictures(_decoded, one) for one, _ in some])
        for (one, target), edited in zip(some, edits, strict=True):
            write_picture(edited, target)
            yield one, target


Job = tuple[Request[Path], Path]
"""What is asked for, and where it goes."""


def _with_pictures(use: Callable[[Request[Image.Image]], Any], request: Request[Path]) -> Any:
    """What `use` makes of a request's pictures; a UsageError names the photograph."""
    try:
        return use(request.mapped(Image.open))
    except (UsageError, *DAMAGE) as problem:
        raise UsageError(f"{request.source}: {problem}") from problem


def _decoded(request: Request[Image.Image]) -> Request[Image.Image]:
    for picture in request.pictures():
        picture.load()
    return request


def _with_eyes(jobs: Sequence[Job]) -> list[Job]:
    """The jobs with the eyes of every source and exemplar that has none said."""
    find = cache(FaceFinder().find_in)

    def found(change: Change[Path]) -> Change[Path]:
        return replace(change, eyes=change.eyes or find(change.exemplar))

    return [
        (
            replace(
                one, eyes=one.eyes or find(one.source), changes=[found(c) for c in one.changes]
            ),
            target,
        )
        for one, target in jobs
    ]


def _jobs(request: Request[Path], output: Path) -> list[Job]:
    source = request.source
    if not source.is_dir():
        return [(request, output)]
    photographs = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES)
    if not photographs:
        raise UsageError(f"{source}: holds no photograph ({', '.join(SUFFIXES)})")
    return [
        (
            replace(request.mapped(lambda other, p=p: _beside(p, other)), source=p),  # type: ignore[misc]
            output / f"{p.stem}.png",
        )
        for p in photographs
    ]


def _beside(photograph: Path, other: Path) -> Path:
    """The file of the photograph's name, whatever its ending, where `other` is a folder."""
    if not other.is_dir():
        return other
    found = [p for s in SUFFIXES if (p := other / (photograph.stem + s)).exists()]
    if not found:
        raise UsageError(f"{other}: has no file of the name {photograph.stem}, for {photograph}")
    return found[0]


def _check(jobs: Sequence[Job], source: Path, model: Path) -> None:
    """One UsageError that names every file that cannot be used."""
    inputs = [path for one, _ in jobs for path in one.pictures()]
    found = [f"{path} {why}" for path in dict.fromkeys(inputs) if (why := _breakage(path))]
    targets = [target for _, target in jobs]
    folder = targets[0].parent if source.is_dir() else None
    for target, times in Counter(targets).items():
        if times > 1:
            found.append(f"{target}: would hold the edits of two photographs: rename one of them")
    _raise([*found, *_target_faults(list(dict.fromkeys(targets)), [model, *inputs], folder)])


def check_target(target: Path, inputs: Sequence[Path]) -> None:
    """UsageError for a file that an edit of these inputs may not go to."""
    _raise(_target_faults([target], inputs))


def _raise(sentences: Sequence[str]) -> None:
    if sentences:
        raise UsageError("\n".join(dict.fromkeys(sentences)))


def _breakage(path: Path) -> str | None:
    if path.is_dir():
        return "is a folder: give a file, or make --source a folder too"
    return find_breakage(path) if path.exists() else "does not exist"


def _target_faults(
    targets: Sequence[Path], inputs: Sequence[Path], folder: Path | None = None
) -> list[str]:
    """A sentence for each target that loses pixels, cannot be written, or is an input."""
    losing = [
        f"{target}: would change pixels outside the region when it is compressed: write to "
        f"{target.with_suffix('.png').name}"
        for target in targets
        if not os.path.isdir(target) and target.suffix.lower() not in LOSSLESS
    ]
    return losing or [*overlaps(targets, inputs, "edit"), *faults(targets, folder)]


def write_picture(image: Any, target: Path) -> None:
    with draft(target) as unfinished:
        image.save(unfinished, Image.registered_extensions()[target.suffix.lower()])
