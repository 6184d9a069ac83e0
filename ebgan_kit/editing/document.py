"""An edit as a document: what it takes to make it again, by fingerprints; nothing in it can run."""

from __future__ import annotations

import glob
import hashlib
import os
import warnings
from base64 import b64encode
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal

from PIL import Image
from pydantic import (
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from ebgan_kit.editing.request import Request
from ebgan_kit.errors import UsageError, shown
from ebgan_kit.files.names import legible
from ebgan_kit.files.writing import fingerprint, write_text
from ebgan_kit.images.photographs import SUFFIXES
from ebgan_kit.modelfile.file import ModelFile

LARGEST = 64 * 2**20
"""Bytes of a document, at most: what is in it are small pictures and a few words."""

Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class KnownFile(BaseModel):
    """A file by its name, as far as it is text, and by its bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Its path, from the folder of the document."""
    sha256: Fingerprint


class KnownPicture(KnownFile):
    """A picture, which a document may bring along where it is a file nowhere else."""

    content: Base64Bytes | None = None
    """Its bytes."""


class Document(BaseModel):
    """A request, its files known by their fingerprints, and the model that is to do it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    written_by: str = Field(default_factory=lambda: f"ebgan-kit {version('ebgan-kit')}")
    model: KnownFile
    edit: Request[KnownPicture]
    pixels: Fingerprint | None = None
    """Of the result, to know it again."""
    marked: bool = False
    """Whether the result was written with its mark, see `Mark`, as a replay then does.

    Documents of 0.4 do not say it, and nothing was marked then: they give their bytes as before.
    """

    @field_validator("edit", mode="before")
    @classmethod
    def _as_in_0_4(cls, edit: Any) -> Any:
        """Documents of 0.4 do not speak of detail: edits had none, and hard edges unless asked."""
        if not isinstance(edit, dict) or "detail" in edit:
            return edit
        return {"detail": False, "feather": 0} | edit

    @field_validator("edit")
    @classmethod
    def _masks_are_known(cls, edit: Request[KnownPicture]) -> Request[KnownPicture]:
        """A text may stand for a region, and never for a picture."""
        for picture in edit.pictures():
            if not isinstance(picture, KnownPicture):
                raise ValueError(f"{shown(picture)} is no region, and no picture that is known")
        return edit


def pixels_of(image: Image.Image) -> str:
    """SHA-256 of an image's size and levels."""
    return hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()


def known(path: Path, folder: Path) -> KnownFile:
    """A file as a document in a folder names it."""
    return KnownFile(name=_name(os.path.relpath(path, folder)), sha256=fingerprint(path))


def known_model(model: ModelFile | Path, folder: Path) -> KnownFile:
    """Likewise; one of the Hub by its name there."""
    file = ModelFile.open(model)
    name = os.path.relpath(file.path, folder) if file.is_here else file.name
    return KnownFile(name=_name(name), sha256=file.sha256)


def _name(path: Path | str) -> str:
    return legible(Path(path).as_posix())


def known_picture(path: Path, folder: Path) -> KnownPicture:
    return KnownPicture(**dict(known(path, folder)))


def embedded(name: str, content: bytes) -> KnownPicture:
    """A picture that a document brings along."""
    digest = hashlib.sha256(content).hexdigest()
    return KnownPicture(name=legible(name), sha256=digest, content=b64encode(content))


def to_json(document: Document) -> str:
    return document.model_dump_json(indent=2, exclude_none=True) + "\n"


def write_document(document: Document, path: Path) -> None:
    write_text(path, to_json(document))


def read_document(path: Path) -> Document:
    """UsageError for a file that is none, with the place in it."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; ebgan-kit edit --save writes one")
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path}: is larger than any edit's document")
    try:
        return Document.model_validate_json(path.read_bytes())
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "its text"
        raise UsageError(f"{path}: is no edit's document: {place}: {first['msg']}") from problem


def content_of(picture: KnownPicture, folders: Sequence[Path]) -> Path | BytesIO:
    """What to open a picture from: what the document brings along, or a file, see `located`."""
    brought = picture.content
    if brought is None or hashlib.sha256(brought).hexdigest() != picture.sha256:
        return located(picture, folders)
    return BytesIO(brought)


def located(file: KnownFile, folders: Sequence[Path]) -> Path:
    """Where a file is: by its name in one of the folders, or by another name there.

    UsageError where no file of its fingerprint is there.
    """
    others = []
    for path in _candidates(file, folders):
        if fingerprint(path) == file.sha256:
            return path
        others.append(path)
    of_its_name = [path for path in others if path.name == Path(file.name).name]
    wrong = f"; {of_its_name[0]} is another file" if of_its_name else ""
    raise UsageError(
        f"the edit needs {file.name}, of SHA-256 {file.sha256[:12]}…, which is not here{wrong}: "
        "put it beside the document"
    )


def _candidates(file: KnownFile, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for name in (file.name, Path(file.name).name):
            pattern = glob.escape(str(folder / name)).replace("\ufffd", "?")  # see `legible`
            found = sorted(map(Path, glob.glob(pattern)))
            yield from (path for path in found if path.is_file())
    kinds = {Path(file.name).suffix.lower(), *SUFFIXES}
    for folder in folders:
        yield from (
            p for p in sorted(folder.iterdir()) if p.suffix.lower() in kinds and p.is_file()
        )


def check_pixels(document: Document, edited: Any) -> None:
    """Warn where an edit that was made again is another."""
    if document.pixels not in (None, pixels_of(edited)):
        warnings.warn(
            "the edit's pixels are not those that were saved: other machines and other versions "
            "of torch round otherwise",
            stacklevel=2,
        )
