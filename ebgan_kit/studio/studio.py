"""What the editor in the browser can do, without the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from ebgan_kit.editing.document import Document, KnownFile, known_model, pixels_of
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.framing import Framing
from ebgan_kit.editing.mark import Mark
from ebgan_kit.errors import UsageError
from ebgan_kit.images.pictures import image_of
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.regions import WHOLE
from ebgan_kit.studio.people import people
from ebgan_kit.studio.person import Person
from ebgan_kit.studio.photo import Photo
from ebgan_kit.studio.work import Choice, Work

DRAWN = 12
"""How many drawn faces there are to play with."""


@dataclass(frozen=True)
class Model:
    """A model file that can be chosen."""

    file: KnownFile
    editor: Editor
    mark: Mark
    """Of its edits."""


class Studio:
    """Models, drawn faces, and what a person's work comes to."""

    def __init__(self, models: Sequence[ModelFile | Path]) -> None:
        files = [ModelFile.open(model) for model in models]
        each = [_model(file) for file in files]
        self.models = {model.file.name: model for model in each}
        self.examples = [*_drawn(each[0].editor), *people()]

    def begin(self) -> Person:
        """Somebody new: the first face, with the second one's mouth."""
        name, model = next(iter(self.models.items()))
        source, exemplar = self.examples[:2]
        if model.editor.header.recipe["data"]["use"] != "synthetic" and len(self.examples) > DRAWN:
            source, exemplar = self.examples[DRAWN : DRAWN + 2]
        framing = Framing(model.editor.view)
        own = model.editor.header.regions or ("mouth",)
        choice = Choice(exemplar, own, eyes=framing.eyes_in(exemplar.image))
        return Person(Work(name, source, (choice,), eyes=framing.eyes_in(source.image)))

    def framing(self, person: Person) -> Framing:
        """Where the model of somebody's work looks."""
        return Framing(self.editor(person).view)

    def graded(self, person: Person) -> bool:
        """True for a model whose edits have a strength."""
        editor = self.editor(person)
        return bool(getattr(editor.model, "graded", False) and editor.judge)

    def trained_on(self, person: Person) -> str:
        """Which regions the model has learned to fill."""
        header = self.editor(person).header
        return ", ".join(header.learned) or str(header.recipe["mask"]["use"])

    def photos(self, person: Person) -> list[Photo]:
        """All that may be chosen."""
        return [*self.examples, *person.photos]

    def edit(self, person: Person) -> Image.Image:
        """UsageError where a mask, a switch or the eyes do not fit."""
        (edited,) = self.editor(person).edit_all([person.work.pictures()])
        assert isinstance(edited, Image.Image)
        return edited

    def document(self, person: Person, edited: Image.Image) -> Document:
        file, edit = self.models[person.work.model].file, person.work.files()
        return Document(model=file, edit=edit, pixels=pixels_of(edited), marked=True)

    def editor(self, person: Person) -> Editor:
        return self.models[person.work.model].editor

    def mark(self, person: Person) -> Mark:
        """Return the mark of the edits of the chosen model."""
        return self.models[person.work.model].mark

    def mask(self, person: Person) -> Image.Image:
        """What the current choice fills, white, of the source's size."""
        return self._filled(person, *self._current(person))

    def within(self, person: Person, mask: Image.Image) -> Image.Image:
        """A mask, and black where the model does not look in the source."""
        request, change = self._current(person)
        return ImageChops.darker(mask, self._filled(person, request, replace(change, mask=WHOLE)))

    def _filled(self, person: Person, request: Any, change: Any) -> Image.Image:
        area = self.editor(person).filled(request, change)
        return Image.fromarray((area[0, 0].byte() * 255).numpy())

    def feather(self, person: Person) -> int:
        """In how many pixels the current choice's edge is soft."""
        return self.editor(person).view.feather(*self._current(person))

    def switches(self, person: Person) -> dict[str, bool]:
        """How the current choice's switches stand."""
        request, change = self._current(person)
        found = self.editor(person).found(request, replace(change, attributes={}))
        return found | {n: v for n, v in (change.attributes or {}).items() if n in found}

    def _current(self, person: Person) -> tuple[Any, Any]:
        request = person.work.pictures()
        return request, request.changes[person.work.current]


def _model(file: ModelFile) -> Model:
    """A model to choose; UsageError for one that edits nothing, or not without being told how."""
    editor = load(file)
    if not editor.header.edits_unasked:
        raise UsageError(
            f"{file}: this model has no classifier to find attributes in a face, so that its "
            "switches cannot be shown: edit by ebgan-kit edit, and say --with or --without of each"
        )
    return Model(known_model(file, Path()), editor, Mark.of(file))


def _drawn(editor: Editor) -> list[Photo]:
    """Of many drawn faces, those that look most into the middle, as the model expects it."""
    size = editor.header.size
    faces = Synthetic(seed=20, size=size, count=256).__getitems__(range(256))
    assert faces.landmarks is not None
    off = (faces.landmarks - editor.template * size).square().sum((1, 2))
    chosen = faces[off.argsort()[:DRAWN]]
    return [
        Photo.drawn(f"drawn face {number + 1}.png", image_of(image))
        for number, image in enumerate(chosen.image)
    ]
