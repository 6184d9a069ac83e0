"""Edits from files to files."""

from __future__ import annotations

import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.framing import Framing
from ebgan_kit.editing.mark import Mark, holds_mark
from ebgan_kit.editing.request import Request
from ebgan_kit.errors import UsageError
from ebgan_kit.files.outputs import faults, overlaps
from ebgan_kit.files.writing import draft
from ebgan_kit.images.colour_profile import PROFILE
from ebgan_kit.images.crop import Eyes
from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.opening import Unreadable, opened
from ebgan_kit.images.photographs import DAMAGE, find_breakage, upright_rgb
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.masks.file import fill_of

TOGETHER = 8
"""How many photographs of a folder are edited at a time: more gain little, and take memory."""

MOST_TOLD = 20
"""How many lines a message has."""

MOST_PIXELS = 50_000_000
"""Of their photographs; a larger one is edited alone."""

LOSSLESS = (".png", ".bmp", ".tif", ".tiff")


def edit_files(
    model: ModelFile | Path | str,
    request: Request[Path],
    output: Path,
    find_faces: bool | None = None,
    mark: Mark | None = None,
) -> Iterator[tuple[Request[Path], Path]]:
    """Edit one photograph, or every one in a folder; yields each request and what was written.

    Where the source is a folder, the output is one too, and every other picture may be one file
    for all, or a folder of equal names. All files are checked before the first is edited; each
    result is written whole or not at all. `find_faces`: true to demand a face of every picture
    whose eyes are not given, false to look for none; see `Editor.framed`.
    `mark`: what the results' metadata say.

    UsageError before the first edit where one does not fit. Of a folder, photographs with a damaged
    file or without a face are left out, and the others are edited. One UsageError then names at the
    end all that were left out.
    """
    file = ModelFile.open(model)
    jobs = _jobs(request, output)
    _check(jobs, request.source, file.path)
    count, left_out, misfits = len(jobs), list[str](), list[str]()
    jobs = _able(partial(_sound, cache(_breakage)), jobs, left_out)
    editor = load(file)
    if find_faces is not False:
        framing = Framing(editor.view, demanded=bool(find_faces))
        look = cache(partial(_eyes_in, framing))
        jobs = _able(lambda job: (framing.framed(job[0], look), job[1]), jobs, left_out)
    jobs = _able(partial(_checked, editor, misfits), jobs, left_out)
    _raise(misfits)
    if request.source.is_dir():
        output.mkdir(parents=True, exist_ok=True)
    for group in _together(jobs):
        some = list(_each(_decoded, group, left_out))
        edits = editor.edit_all([pictures for _, pictures in some])
        for ((one, target), _), edited in zip(some, edits, strict=True):
            write_picture(edited, target, mark)
            yield one, target
    _tell(left_out, count)


Job = tuple[Request[Path], Path]
"""What is asked for, and where it goes."""

T = TypeVar("T")


def _each(step: Callable[[Job], T], jobs: Sequence[Job], faults: list[str]) -> Iterator[T]:
    """What a step makes of each job; why it makes nothing of one is added to the faults."""
    for job in jobs:
        try:
            yield step(job)
        except UsageError as problem:
            faults.append(str(problem))


def _able(step: Callable[[Job], Job], jobs: Sequence[Job], left_out: list[str]) -> list[Job]:
    """The jobs after a step, without those that cannot take it; UsageError where none can."""
    able = list(_each(step, jobs, left_out))
    if not able:
        _raise(left_out)
    return able


def _tell(left_out: Sequence[str], count: int) -> None:
    """UsageError that names what was left out of so many photographs."""
    if 0 < len(left_out) < count:
        head = f"{len(left_out)} of {count} photographs left out, and the others edited:"
        _raise([head, *left_out])
    _raise(left_out)


def _sound(breakage: Callable[[Path], str | None], job: Job) -> Job:
    _raise([f"{path} {why}" for path in job[0].pictures() if (why := breakage(path))])
    return job


def _checked(editor: Editor, misfits: list[str], job: Job) -> Job:
    """The job; why the editor cannot do it is added to the misfits. UsageError for damage."""
    try:
        editor.check(job[0].mapped(opened))
    except Unreadable:
        raise
    except UsageError as problem:
        misfits.append(f"{job[0].source}: {problem}")
    return job


def _decoded(job: Job) -> tuple[Job, Request[Any]]:
    """The job with its pictures, of which no more is kept than an edit needs: they may be large."""
    return job, job[0].mapped(partial(_read, upright_rgb), partial(_read, fill_of))


def _read(use: Callable[[Image.Image], T], path: Path) -> T:
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


def _eyes_in(framing: Framing, path: Path, number: int | None) -> Eyes | None:
    """The eyes in a file; UsageError, or a warning, names it."""
    with warnings.catch_warnings(record=True) as told:
        try:
            found = _read(partial(framing.eyes_in, number=number), path)
        except Unreadable:  # it names the file itself
            raise
        except (UsageError, *DAMAGE) as problem:
            raise UsageError(f"{path}: {problem}") from problem
    for one in told:
        warnings.warn(f"{path}: {one.message}", stacklevel=2)
    return found


def _jobs(request: Request[Path], output: Path) -> list[Job]:
    source = request.source
    if not source.is_dir():
        return [(request, output)]
    listing = list_photographs(source)
    if not listing.photographs:
        raise UsageError(listing.empty())
    listing.warn()
    jobs = [(replace(request, source=p), output / f"{p.stem}.png") for p in listing.paths()]
    faults: list[str] = []
    jobs = list(_each(partial(_with_equals, cache(_by_name)), jobs, faults))
    _raise(faults)
    return jobs


Named = Callable[[Path], Mapping[str, Sequence[Path]]]
"""A folder → its image files by their names without the ending."""


def _with_equals(named: Named, job: Job) -> Job:
    """The job with the file of its photograph's name in the place of each folder."""
    one, target = job
    return replace(one.mapped(partial(_beside, named, one.source)), source=one.source), target


def _beside(named: Named, photograph: Path, other: Path) -> Path:
    """The file of the photograph's name, whatever its ending, where `other` is a folder.

    UsageError where there is none, or more than one.
    """
    if not other.is_dir():
        return other
    found = named(other).get(_name(photograph), [])
    if not found:
        raise UsageError(f"{other}: has no file of the name {photograph.stem}, for {photograph}")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{other}: has {names}, all for {photograph}: leave one of them there")
    return found[0]


def _by_name(folder: Path) -> Mapping[str, Sequence[Path]]:
    found: dict[str, list[Path]] = {}
    for path in list_photographs(folder).paths():
        found.setdefault(_name(path), []).append(path)
    return found


def _name(path: Path) -> str:
    """The name without its ending; macOS spells an accent as two characters, others as one."""
    return unicodedata.normalize("NFC", path.stem)


def _check(jobs: Sequence[Job], source: Path, model: Path) -> None:
    """One UsageError that names every file that an edit may not go to."""
    inputs = [path for one, _ in jobs for path in one.pictures()]
    targets = [target for _, target in jobs]
    found: list[str] = []
    folder = targets[0].parent if source.is_dir() else None
    for target, times in Counter(targets).items():
        if times > 1:
            found.append(f"{target}: would hold the edits of two photographs: rename one of them")
    _raise([*found, *_target_faults(list(dict.fromkeys(targets)), [model, *inputs], folder)])


def check_target(target: Path, inputs: Sequence[Path]) -> None:
    """UsageError for a file that an edit of these inputs may not go to."""
    _raise(_target_faults([target], inputs))


def _raise(sentences: Sequence[str]) -> None:
    told = list(dict.fromkeys(sentences))
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [f"… and {len(told) - MOST_TOLD} more"]
    if told:
        raise UsageError("\n".join(told))


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


def write_picture(image: Any, target: Path, mark: Mark | None = None) -> None:
    """Write a picture whole or not at all, with a mark where its format holds one.

    Warns where the format holds no colour profile, and the picture has one.
    """
    if target.suffix.lower() == ".bmp" and PROFILE in image.info:
        warnings.warn(
            f"{target}: BMP holds no colour profile, so the photograph's is lost and its colours "
            f"will look different: write to {target.with_suffix('.png').name}",
            stacklevel=2,
        )
    kind = Image.registered_extensions()[target.suffix.lower()]
    how = mark.options(kind) if mark and holds_mark(kind) else {}
    with draft(target) as unfinished:
        image.save(unfinished, kind, **how)
