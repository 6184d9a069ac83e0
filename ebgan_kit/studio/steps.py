"""What somebody can do on the page. Each step takes what the page tells, and changes their work.

A step that has something to say of it returns a sentence. UsageError where it cannot be done; then
nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from ebgan_kit.errors import UsageError, shown
from ebgan_kit.images.crop import Eyes
from ebgan_kit.images.face_finder import choose_face
from ebgan_kit.studio import uploads
from ebgan_kit.studio.mask import Mask
from ebgan_kit.studio.person import Person
from ebgan_kit.studio.photo import Photo
from ebgan_kit.studio.studio import Studio
from ebgan_kit.studio.work import Choice

Told = Mapping[str, Any]
"""What one of the page's own widgets tells of an event, or Gradio of a file."""


def nothing(studio: Studio, person: Person, told: None = None) -> None:
    """The page was opened."""


def choose_model(studio: Studio, person: Person, name: str) -> None:
    if name not in list(studio.models):  # a stranger may send what no mapping looks up
        raise UsageError(f"there is no model {shown(name)} here")
    choices = tuple(replace(c, attributes={}, strength=1) for c in person.work.choices)
    person.do(replace(person.work, model=name, choices=choices))


def choose_source(studio: Studio, person: Person, told: Told) -> str | None:
    return _choose_source(studio, person, _photo(studio, person, told))


def bring_source(studio: Studio, person: Person, told: Told | None) -> str | None:
    return _choose_source(studio, person, person.take(uploads.photograph(_file(told))))


def _choose_source(studio: Studio, person: Person, photo: Photo) -> str | None:
    eyes, word = _eyes(studio, person, photo)
    person.do(person.work.with_source(photo, eyes))
    return word


def choose_exemplar(studio: Studio, person: Person, told: Told) -> str | None:
    return _choose_exemplar(studio, person, _photo(studio, person, told))


def bring_exemplar(studio: Studio, person: Person, told: Told | None) -> str | None:
    return _choose_exemplar(studio, person, person.take(uploads.photograph(_file(told))))


def _choose_exemplar(studio: Studio, person: Person, photo: Photo) -> str | None:
    eyes, word = _eyes(studio, person, photo)
    person.do(person.work.chosen(exemplar=photo, eyes=eyes, attributes={}))
    return word


def _eyes(studio: Studio, person: Person, photo: Photo) -> tuple[Eyes | None, str | None]:
    """Where the largest face is; without one the picture is taken as it lies, and that is said."""
    try:
        return studio.framing(person).sought(photo.image), None
    except UsageError as problem:
        return None, f"The square in the middle is taken: {problem}"


def _file(told: Told | None) -> Path:
    """Where an upload lies."""
    if told is None:
        raise UsageError("choose a file")
    return Path(str(told["path"]))


def _photo(studio: Studio, person: Person, told: Told) -> Photo:
    photos, index = studio.photos(person), told.get("index")
    if not isinstance(index, int) or index not in range(len(photos)):
        raise UsageError("this face is not here any more: reload the page")
    return photos[index]


def paint(studio: Studio, person: Person, told: Told) -> None:
    """A brush may go over the edge of what the model sees."""
    mask = uploads.painted(str(told.get("mask")), person.work.source)
    if told.get("layer") == "keep":
        person.do(replace(person.work, keep=Mask.of(mask) if mask.getbbox() else None))
    else:
        _fill(person, studio.within(person, mask))


def bring_mask(studio: Studio, person: Person, told: Told | None) -> None:
    mask = uploads.mask(_file(told), person.work.source)
    _fill(person, mask)


def _fill(person: Person, mask: Image.Image) -> None:
    person.do(person.work.chosen(painted=Mask.of(mask), attributes={}))


def choose_regions(studio: Studio, person: Person, names: Sequence[str]) -> None:
    if not names:
        raise UsageError("choose a region, or paint one")
    person.do(person.work.chosen(regions=tuple(names), painted=None, attributes={}))


def switch(studio: Studio, person: Person, names: Sequence[str]) -> None:
    """Store only the switches that differ from C's prediction."""
    stand = studio.switches(person)
    said = dict(person.work.choice.attributes)
    said |= {name: name in names for name, value in stand.items() if value != (name in names)}
    person.do(person.work.chosen(attributes=said))


def look_at(studio: Studio, person: Person, index: int) -> None:
    """Another change; that is nothing to undo."""
    if index not in range(len(person.work.choices)):
        raise UsageError("this change is not here any more: reload the page")
    person.work = replace(person.work, current=index)


def add(studio: Studio, person: Person, told: None = None) -> None:
    """One more change: another region by the same exemplar."""
    work = person.work
    taken = {name for choice in work.choices for name in choice.regions}
    free = next((n for n in ("mouth", "eyes", "brows", "nose") if n not in taken), "mouth")
    choices = (*work.choices, Choice(work.choice.exemplar, (free,)))
    person.do(replace(work, choices=choices, current=len(choices) - 1))


def remove(studio: Studio, person: Person, told: None = None) -> None:
    work = person.work
    if len(work.choices) == 1:
        raise UsageError("an edit needs one change at least")
    choices = tuple(c for i, c in enumerate(work.choices) if i != work.current)
    person.do(replace(work, choices=choices, current=max(0, work.current - 1)))


def set_feather(studio: Studio, person: Person, width: float) -> None:
    try:
        pixels = int(width)
    except (TypeError, ValueError, OverflowError):
        raise UsageError("the soft edge is a number of pixels") from None
    person.do(replace(person.work, feather=max(0, min(1000, pixels))))


def set_strength(studio: Studio, person: Person, strength: float) -> None:
    try:
        person.do(person.work.chosen(strength=max(0.0, min(1.0, float(strength)))))
    except (TypeError, ValueError, OverflowError):
        raise UsageError("the strength is a number from 0 to 1") from None


def set_matching(studio: Studio, person: Person, on: bool) -> None:
    person.do(replace(person.work, match_colours=bool(on)))


def click_source(studio: Studio, person: Person, told: Told) -> None:
    """Both eyes, or the number of a face."""
    person.do(replace(person.work, eyes=_clicked(told, person.work.source)))


def find_source(studio: Studio, person: Person, told: None = None) -> None:
    person.do(replace(person.work, eyes=choose_face(person.work.source.image).eyes))


def middle_source(studio: Studio, person: Person, told: None = None) -> None:
    person.do(replace(person.work, eyes=None))


def click_exemplar(studio: Studio, person: Person, told: Told) -> None:
    person.do(person.work.chosen(eyes=_clicked(told, person.work.choice.exemplar)))


def find_exemplar(studio: Studio, person: Person, told: None = None) -> None:
    person.do(person.work.chosen(eyes=choose_face(person.work.choice.exemplar.image).eyes))


def middle_exemplar(studio: Studio, person: Person, told: None = None) -> None:
    person.do(person.work.chosen(eyes=None))


def _clicked(told: Told, photo: Photo) -> Eyes:
    """The eyes of a numbered face, or those that are told in units of the picture."""
    if "face" in told:
        return choose_face(photo.image, _number(told["face"])).eyes
    try:
        (x, y), (other_x, other_y) = ((float(a), float(b)) for a, b in told["eyes"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise UsageError("click one eye, then the other") from None
    width, height = photo.image.size
    return x * width, y * height, other_x * width, other_y * height


def _number(told: Any) -> int:
    if not isinstance(told, int):
        raise UsageError("this face is not here any more: reload the page")
    return told


def undo(studio: Studio, person: Person, told: None = None) -> None:
    person.undo()


def redo(studio: Studio, person: Person, told: None = None) -> None:
    person.redo()
