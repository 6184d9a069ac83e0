"""What the page's own widgets are handed: faces, a stage, two pictures to compare, a download."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from PIL import Image

from ebgan_kit.editing.document import to_json
from ebgan_kit.editing.editor import Editor
from ebgan_kit.images.crop import Eyes
from ebgan_kit.studio.mask import Mask
from ebgan_kit.studio.person import Person
from ebgan_kit.studio.photo import Photo, png, shown, size_shown, url
from ebgan_kit.studio.studio import Studio

_NUMBERS = count(1)
"""Of what is shown, so that a widget can tell that it is to show it again."""

NO_FACES: dict[str, Any] = {"faces": [], "chosen": -1}
NO_PICTURE: dict[str, Any] = {
    "picture": "", "mask": "", "keep": "", "eyes": [], "faces": [], "square": [], "number": 0,
}  # fmt: skip
NO_EDIT: dict[str, Any] = {"before": "", "after": "", "number": 0}


def faces(photos: Sequence[Photo], chosen: Photo) -> dict[str, Any]:
    faces = [{"name": photo.name, "url": photo.thumbnail} for photo in photos]
    return {"faces": faces, "chosen": photos.index(chosen) if chosen in photos else -1}


def stage(
    photo: Photo,
    eyes: Eyes | None,
    editor: Editor,
    mask: Image.Image | None = None,
    keep: Mask | None = None,
) -> dict[str, Any]:
    """Points are in units of the picture. A face alone in it needs no number."""
    width, height = photo.image.size
    corners = editor.view.frame(eyes, photo.image.size).corners
    boxes = [face.box for face in photo.faces] if len(photo.faces) > 1 else []
    return {
        "picture": photo.shown,
        "mask": _layer(photo, mask),
        "keep": _layer(photo, None if keep is None else keep.image),
        "faces": [(x / width, y / height, r / width, b / height) for x, y, r, b in boxes],
        "eyes": [(eyes[i] / width, eyes[i + 1] / height) for i in (0, 2)] if eyes else [],
        "square": [(point.real / width, point.imag / height) for point in corners],
        "number": next(_NUMBERS),
    }


def _layer(photo: Photo, mask: Image.Image | None) -> str:
    """The address of a mask as it lies over what is shown of its photograph."""
    return "" if mask is None else url(png(mask.resize(size_shown(photo.image))), "image/png")


def compared(studio: Studio, person: Person, edited: Image.Image) -> dict[str, Any]:
    """The source and its edit, marked: browsers save it, too."""
    after = shown(edited, **studio.mark(person).options("WEBP"))
    return {"before": person.work.source.shown, "after": after, "number": next(_NUMBERS)}


def mask_file(studio: Studio, person: Person, edited: Image.Image) -> dict[str, Any]:
    return _file("mask.png", png(studio.mask(person)), "image/png")


def picture_file(studio: Studio, person: Person, edited: Image.Image) -> dict[str, Any]:
    content = png(edited, **studio.mark(person).options("PNG"))
    return _file("edit.png", content, "image/png")


def document_file(studio: Studio, person: Person, edited: Image.Image) -> dict[str, Any]:
    text = to_json(studio.document(person, edited))
    return _file("edit.json", text.encode(), "application/json")


def _file(name: str, content: bytes, kind: str) -> dict[str, Any]:
    return {"name": name, "url": url(content, kind), "number": next(_NUMBERS)}
