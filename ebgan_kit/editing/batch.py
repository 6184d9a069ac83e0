"""Edits from files to files."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from PIL import Image

from ebgan_kit.editing.editor import load
from ebgan_kit.editing.face_finder import FaceFinder
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.files import draft, require_parent
from ebgan_kit.images.colour_profile import PROFILE
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import DAMAGE, SUFFIXES, find_breakage, upright_rgb
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.masks.file import fill_of

TOGETHER = 8
"""How many photographs of a folder are edited at a time: more gain little, and take memory."""

MOST_PIXELS = 50_000_000
"""Of their photographs; a larger one is edited alone."""

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


def edit_files(
    model: ModelFile | Path | str, request: Request[Path], output: Path, find_faces: bool = False
) -> Iterator[tuple[Request[Path], Path]]:
    """Edit one photograph, or every one in a folder; yields each request and what was written.

    Where the source is a folder, the output is one too, and every other picture may be one file
    for all, or a folder of equal names. All files are checked before the first is edited; each
    result is written whole or not at all. `find_faces`: eyes that are not given are looked for.
    """
    jobs = _jobs(request, output)
    _check(jobs, request.source)
    editor = load(model)
    if find_faces:
        jobs = _with_eyes(jobs)
    for one, _ in jobs:
        _named(lambda request: editor.check(request.mapped(opened)), one)
    if request.source.is_dir():
        output.mkdir(parents=True, exist_ok=True)
    for some in _together(jobs):
        edits = editor.edit_all([_named(_decoded, one) for one, _ in some])
        for (one, target), edited in zip(some, edits, strict=True):
            write_picture(edited, target)
            yield one, target


Job = tuple[Request[Path], Path]
"""What is asked for, and where it goes."""


def _named(use: Callable[[Request[Path]], Any], request: Request[Path]) -> Any:
    """What `use` makes of a request; a UsageError names the photograph."""
    try:
        return use(request)
    except (UsageError, *DAMAGE) as problem:
        raise UsageError(f"{request.source}: {problem}") from problem


def _decoded(request: Request[Path]) -> Request[Image.Image]:
    """With pictures of which no more is kept than an edit needs: they may be large."""
    return request.mapped(partial(_read, upright_rgb), partial(_read, fill_of))


def _read(use: Callable[[Image.Image], Image.Image], path: Path) -> Image.Image:
    with opened(path) as image:
        return use(image)


def _together(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """The jobs in groups that are edited at a time, since their photographs are kept so long."""
    some: list[Job] = []
    pixels = 0
    for job in jobs:
        with opened(job[0].source) as image:
            size = image.width * image.height
        if some and (len(some) == TOGETHER or pixels + size > MOST_PIXELS):
            yield some
            some, pixels = [], 0
        some.append(job)
        pixels += size
    yield some


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


def _check(jobs: Sequence[Job], source: Path) -> None:
    """One UsageError that names every file that cannot be used."""
    inputs = [path for one, _ in jobs for path in one.pictures()]
    faults = [f"{path} {why}" for path in dict.fromkeys(inputs) if (why := _breakage(path))]
    targets = [target for _, target in jobs]
    if not source.is_dir():
        faults += _target_faults(targets[0])
    elif targets[0].parent.is_file():
        faults.append(f"{targets[0].parent} is a file: the edits of a folder go to a folder")
    for target, times in Counter(targets).items():
        if times > 1:
            faults.append(f"{target}: would hold the edits of two photographs: rename one of them")
    _raise([*faults, *_overwriting(targets, inputs)])


def check_target(target: Path, inputs: Sequence[Path]) -> None:
    """UsageError for a file that an edit of these inputs may not go to."""
    _raise([*_target_faults(target), *_overwriting([target], inputs)])


def _raise(faults: Sequence[str]) -> None:
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))


def _overwriting(targets: Sequence[Path], inputs: Sequence[Path]) -> list[str]:
    taken = {path.resolve() for path in inputs}
    return [
        f"{target}: is an input of this edit: write somewhere else"
        for target in targets
        if target.resolve() in taken
    ]


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
    try:
        require_parent(target)
    except UsageError as fault:
        return [str(fault)]
    return []


def write_picture(image: Any, target: Path) -> None:
    """Write a picture whole or not at all; a warning says what its format cannot hold."""
    if target.suffix.lower() == ".bmp" and PROFILE in image.info:
        warnings.warn(
            f"{target}: BMP holds no colour profile, so the photograph's is lost and its colours "
            f"will look different: write to {target.with_suffix('.png').name}",
            stacklevel=2,
        )
    with draft(target) as unfinished:
        image.save(unfinished, Image.registered_extensions()[target.suffix.lower()])
