"""An edit that is saved as a document, and made again from it."""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image

from ebgan_kit.editing.batch import check_target, write_picture
from ebgan_kit.editing.document import (
    Document,
    check_pixels,
    content_of,
    known_model,
    known_picture,
    located,
    pixels_of,
    read_document,
    write_document,
)
from ebgan_kit.editing.editor import load
from ebgan_kit.editing.mark import Mark
from ebgan_kit.editing.request import Request
from ebgan_kit.errors import UsageError
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import DAMAGE
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.here import with_the_kit
from ebgan_kit.modelfile.hub import local, names_the_hub
from ebgan_kit.training.run_folder import trained


def check_place(path: Path, model: ModelFile, request: Request[Path], output: Path) -> None:
    """UsageError where an edit that goes to an output cannot be saved as this file."""
    if os.path.isdir(request.source):
        raise UsageError("--save is for one photograph: a folder's edits are too many for one file")
    if path.suffix.lower() != ".json":
        raise UsageError(f"{path}: a saved edit is JSON: write to {path.stem}.json")
    require_writable([output, path], [model.path, *request.pictures()], work="edit")


def save(
    model: ModelFile | Path, request: Request[Path], edited: Path, path: Path, marked: bool = False
) -> None:
    """Write the document of an edit that went from files to a file, marked or not."""
    folder = path.parent
    edit = request.mapped(partial(known_picture, folder=folder))
    with opened(edited) as image:
        pixels = pixels_of(image)
    known = known_model(model, folder)
    write_document(Document(model=known, edit=edit, pixels=pixels, marked=marked), path)


def replay(
    path: Path,
    model: ModelFile | Path | None = None,
    output: Path | None = None,
    marked: bool | None = None,
) -> Path:
    """Make the edit of a document again; returns where it is.

    The files are looked for beside the document and in the working folder, by their names and then
    by their fingerprints; the model also among the runs. Without an output it goes to a new file,
    named like the document. It is marked if the document says so, or as `marked` says. It warns
    where the pixels are not those that were saved.
    """
    told = read_document(path)
    target = _new_file(path) if output is None else output
    try:
        files = told.edit.mapped(partial(content_of, folders=(path.parent, Path())))
        pictures = [file for file in files.pictures() if isinstance(file, Path)]
        file = _model(told, path.parent) if model is None else _same(told, model)
        check_target(target, [path, file.path, *pictures])
        (edited,) = load(file).edit_all([files.mapped(_opened)])
    except (UsageError, *DAMAGE) as problem:
        raise UsageError(f"{path}: {problem}") from problem
    mark = Mark.of(file) if (told.marked if marked is None else marked) else None
    write_picture(edited, target, mark)
    check_pixels(told, edited)
    return target


def _opened(file: Path | BytesIO) -> Image.Image:
    name = file if isinstance(file, Path) else "what it brings along"
    try:
        return opened(file)
    except UsageError:
        raise
    except Image.UnidentifiedImageError as problem:
        raise UsageError(f"{name} is not an image") from problem
    except Exception as problem:  # Pillow's readers raise almost anything on a damaged file
        raise UsageError(f"{name} cannot be read as an image: {problem}") from problem


def _new_file(document: Path) -> Path:
    target = document.with_suffix(".png")
    if target.exists():
        raise UsageError(f"{target} exists: say by -o where the edit goes")
    return target


def _model(told: Document, folder: Path) -> ModelFile:
    """The model by its fingerprint: here, or with the kit or on the Hub under its name there."""
    if names_the_hub(told.model.name) or with_the_kit(told.model.name):
        return _same(told, local(told.model.name))
    runs = [path.parent for path in trained()]
    return ModelFile.open(located(told.model, (folder, Path(), *runs)))


def _same(told: Document, model: ModelFile | Path) -> ModelFile:
    file = ModelFile.open(model)
    if file.sha256 != told.model.sha256:
        raise UsageError(f"{file} is not the model of this edit, {told.model.name}")
    return file
