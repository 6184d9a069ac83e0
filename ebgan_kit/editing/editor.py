"""A trained model in use: photograph, exemplar and region in, photograph out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.editing import switches
from ebgan_kit.editing.classifier import Judge, judge_of
from ebgan_kit.editing.framing import Framing
from ebgan_kit.editing.model_view import ModelView, Placement
from ebgan_kit.editing.regions import Mask, bounds
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.editing.switches import Switches
from ebgan_kit.errors import UsageError
from ebgan_kit.images.blend import colours_matched
from ebgan_kit.images.crop import Eyes, laid
from ebgan_kit.images.detail import MOST, detailed
from ebgan_kit.images.given import Given, as_given
from ebgan_kit.images.pasting import put_into
from ebgan_kit.images.pictures import Picture, in_colours_of, size_of, upright
from ebgan_kit.modelfile.build import MODEL, build_model
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.header import Header
from ebgan_kit.parts.masks.reach import reach
from ebgan_kit.recipe.device import autocast, precision_to_edit
from ebgan_kit.types import Edit, Faces, Task, joined


def load(path: ModelFile | Path | str, device: torch.device | str | None = None) -> Editor:
    """The editor of a model file; UsageError where the file cannot be used, with the reason."""
    file = ModelFile.open(path)
    header, recipe = file.header, file.recipe(*MODEL, "classifier")
    if tuple(header.attributes) != recipe.attributes:
        raise UsageError(f"{file}: its header names other attributes than its recipe")
    task = Task(header.size, recipe.attributes, pretrained=False)
    with file.size_guard():
        model = build_model(recipe, task)
    if not hasattr(model, "edit"):
        raise UsageError(f"{file}: is a {recipe.tables['model'].part.name}, and edits nothing")
    device = device or torch.accelerator.current_accelerator(check_available=True) or "cpu"
    judge = judge_of(file, recipe, task, device)
    try:
        file.load_into(model)
    except ValueError as problem:
        raise UsageError(
            f"{file}: its weights are not those of its recipe's networks; it was written by "
            f"ebgan-kit {header.kit} with {_versions(header)}"
        ) from problem
    model = model.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    trained_in = header.recipe.get("train", {}).get("precision", "float32")
    precision = precision_to_edit(torch.device(device), trained_in)
    return Editor(header, model, device, judge, precision)


def _versions(header: Header) -> str:
    return ", ".join(f"{name} {version}" for name, version in header.plugins.items())


@dataclass(frozen=True)
class _Job:
    """A change that is ready to be drawn."""

    place: Placement
    face: Faces
    """The source as the model sees it."""
    exemplar: Picture
    example: Faces
    """The exemplar as the model sees it."""
    wanted: Tensor | None
    feather: int

    @property
    def takes_all(self) -> Tensor:
        """[B, 1, 1, 1] in {0, 1}: 0 where something that the exemplar has is switched off."""
        if self.wanted is None or self.example.attributes is None:
            return torch.ones(len(self.face), 1, 1, 1)
        takes = switches.takes_all(self.wanted, self.example)
        return takes.float()[:, None, None, None]


@dataclass(frozen=True)
class Editor:
    """A model with all that one must know to edit with it."""

    header: Header
    model: Any
    device: torch.device | str
    judge: Judge | None = None
    """C, of a model that was trained beside one."""
    precision: str = "float32"
    """In which the model draws: float32 or bf16."""

    @property
    def view(self) -> ModelView:
        """The model's view of photographs."""
        return ModelView(self.header)

    @property
    def template(self) -> Tensor:
        """[5, 2]: the landmarks in the model's frame, in units of it."""
        return self.view.template

    def edit(
        self,
        source: Given,
        exemplar: Given | Sequence[Change],
        mask: Mask | Given | None = None,
        exemplar_mask: Mask | Given | None = None,
        attributes: Switches | None = None,
        *,
        eyes: Eyes | None = None,
        exemplar_eyes: Eyes | None = None,
        feather: int | None = None,
        match_colours: bool = False,
        detail: bool = True,
        face: int | None = None,
        exemplar_face: int | None = None,
        find_faces: bool = True,
        strength: float = 1,
        keep: Given | None = None,
    ) -> Given:
        """Fill a region of the source with what the exemplar has there.

        The model sees the square in which the eyes lie where its own faces have them, at its own
        size. Eyes that are not given are looked for, see `framed`. Outside the region every pixel
        is the source's, bit for bit.

        `source`: a picture of any size, see `Given`: an image of Pillow's, a path, a numpy array
        [H, W, 3] of uint8, a tensor [3, H, W] or [B, 3, H, W] of floats in [-1, 1] or of uint8
        levels. The same kind comes back, in the same size; a path is answered with an image.
        `exemplar`: likewise, of any kind and size; one for a batch of sources, or one for each. Or
        a list of changes, each with an exemplar, masks, attributes and eyes of its own. They are
        made one after the other.
        `mask`: see `Mask`; the model's own region if not given. One for a batch, or one for each.
        `exemplar_mask`: where the exemplar has it; if not given the same region, or the same mask
        in what the model sees of it.
        `attributes`: switches, such as `{"Mustache": False}`; what is not named is as C finds it in
        the exemplar.
        `feather`: in how many pixels from its edge inwards the region fades into the source. If not
        given, a named region of a face whose eyes are known fades in a fifth of their distance.
        `match_colours`: shift the region's colours by as much as the network is off around it.
        `detail`: give a photograph that is larger than the model's size its own pores back, and the
        exemplar's edges, where their lines are those that the model draws; see `detailed`.
        `face`, `exemplar_face`: which face, counted from 1, the largest.
        `find_faces`: false to look for none. Then the square is that in the picture's middle.
        `strength`: how far attributes go from the source's, 0, to what is wanted, 1, up to 2.
        `keep`: a mask of the source: its lighter half stays as it is, such as a hand before a face.

        Raises UsageError for a picture or a mask of another type, shape or range than these, for a
        batch of another length, for a mask that is empty, of another size or beyond the model's
        square, and for a switch that the model does not have or the mask cannot show. Warns of a
        tensor that seems to lie in [0, 1].
        """
        how = (mask, exemplar_mask, attributes, exemplar_eyes, exemplar_face)
        if not isinstance(exemplar, list | tuple):
            changes: Sequence[Change] = [Change(exemplar, *how, strength)]
        elif any(said is not None for said in how) or strength != 1:
            raise UsageError("with a list of changes, each says its own mask, attributes and face")
        else:
            changes = exemplar
        request = Request(source, changes, eyes, feather, match_colours, face, keep, detail)
        return self.edit_all([self.framed(request) if find_faces else request])[0]

    def framed(self, request: Request, demanded: bool = False) -> Request:
        """Return the request with the eyes that its pictures have and nobody gave.

        A picture is taken as it lies if its mask is a picture, if it has the model's size or is
        framed as the model's faces are, or if it is a tensor. One that shows no face is, too, with
        a warning. UsageError for a face from the side, for a number that no face has, and if faces
        are `demanded` for a picture without one, however it lies.
        """
        framing = Framing(self.view, demanded)
        found = framing.framed(request.read(), framing.eyes_in)
        pairs = zip(request.changes, found.changes, strict=True)
        changes = [replace(change, eyes=other.eyes) for change, other in pairs]
        return replace(request, eyes=found.eyes, changes=changes)

    def edit_all(self, requests: Sequence[Request]) -> list[Given]:
        """The edits of several requests: many at once take less time each.

        No faces are looked for; `framed` does.
        """
        read = [request.read() for request in requests]
        pictures = [upright(request.source) for request in read]
        for changes in zip_longest(*(request.changes for request in read)):
            turn = {n: change for n, change in enumerate(changes) if change is not None}
            jobs = [self._job(pictures[n], read[n], change) for n, change in turn.items()]
            for number, job, drawn in zip(turn, jobs, self._draw(jobs), strict=True):
                pictures[number] = self._put_back(pictures[number], job, drawn, read[number])
        return [as_given(p, r.source) for p, r in zip(pictures, requests, strict=True)]

    def check(self, request: Request) -> None:
        """Raise the UsageError that an edit would; images of Pillow's are not decoded for it."""
        read = request.read()
        for change in read.changes:
            self._placed(read, change)

    def filled(self, request: Request, change: Change) -> Tensor:
        """[1 or B, 1, H, W], bool: the pixels of the source that a change would fill."""
        source = request.read().source
        return self.view.filled(size_of(source), request.eyes, change.read())

    def found(self, request: Request, change: Change) -> dict[str, bool]:
        """Whether C finds each attribute in a change's exemplar, of those that the change can
        switch."""
        change, read = change.read(), request.read()
        place = self._placed(read, change)
        exemplar = in_colours_of(upright(change.exemplar), upright(read.source))
        example = self._example(exemplar, place)
        names = self.header.attributes
        if example.attributes is None:
            return {}
        shows = (reach(self.view.outline(place.region), names) * reach(example, names))[0] > 0
        return {
            name: bool(value)
            for name, value, may in zip(names, example.attributes[0], shows, strict=True)
            if may
        }

    def _placed(self, request: Request, change: Change) -> Placement:
        """Place a change; UsageError for a mask, a switch or a strength that cannot be used."""
        place = self.view.placed(request, change)
        face, example = self.view.outline(place.region), self.view.outline(place.where)
        names, asked = self.header.attributes, change.attributes or {}
        switches.check_switches(asked, names, face, example, self.judge)
        if change.strength != 1:
            switches.check_graded(self.model, names, self.judge)
        return place

    def _job(self, picture: Picture, request: Request, change: Change) -> _Job:
        place = self._placed(replace(request, source=picture), change)
        face = self.view.face(picture, place.here, place.region)
        exemplar = in_colours_of(upright(change.exemplar), picture)
        example = self._example(exemplar, place)
        if len(example) < len(face):
            example = example[torch.zeros(len(face), dtype=torch.int64)]
        wanted = switches.wanted(change.attributes or {}, self.header.attributes, example)
        if wanted is not None and change.strength != 1:
            wanted = switches.graded(wanted, self._labelled(face), change.strength)
        return _Job(place, face, exemplar, example, wanted, self.view.feather(request, change))

    def _example(self, exemplar: Picture, place: Placement) -> Faces:
        return self._labelled(self.view.face(exemplar, place.there, place.where))

    def _draw(self, jobs: Sequence[_Job]) -> Sequence[Tensor]:
        """What the model draws for each, [B, 3, size, size], all as one batch."""
        face, example = (joined([getattr(j, n) for j in jobs]) for n in ("face", "example"))
        wanted = [job.wanted for job in jobs if job.wanted is not None]
        edit = self.complete(face, example, torch.cat(wanted) if wanted else None)
        return edit.completed.float().split([len(job.face) for job in jobs])

    def _put_back(self, picture: Picture, job: _Job, drawn: Tensor, request: Request) -> Picture:
        """The picture with what was drawn inside its area, and nothing else changed."""
        frame, filled, feather = job.place.here, job.place.filled, job.feather
        drawn = drawn.to(job.face.image.device)
        if request.match_colours:
            drawn = colours_matched(drawn, job.face)
        side = min(round(abs(frame.edge)), MOST * drawn.shape[-1])
        if request.detail and side > drawn.shape[-1]:
            sides = (picture, frame), (job.exemplar, job.place.there)
            own, theirs = (self.view.brightness(*each, side) for each in sides)
            drawn = detailed(drawn, own, theirs, job.takes_all)
        box = bounds(filled, frame, feather)
        inside = laid(filled, frame.box, box)
        return put_into(picture, box, inside, frame, drawn, feather)

    @torch.no_grad()
    def complete(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The model's edit of faces in its own frame, on the device they are on.

        `wanted`: [B, n] in {0, 1}, or any number for a strength, in the order of the model's
        attributes; what C finds in the exemplar if not given. Of the attributes that the faces
        have, the first are the model's; of faces that have none, they are what C finds.
        """
        source, exemplar = self._labelled(source), self._labelled(exemplar)
        if wanted is None:
            wanted = switches.wanted({}, self.header.attributes, exemplar)
        there = None if wanted is None else wanted.to(self.device)
        try:
            with autocast(torch.device(self.device), self.precision):
                edit = self.model.edit(source.to(self.device), exemplar.to(self.device), there)
        except ValueError as problem:  # a part that cannot fill such a region says why
            raise UsageError(str(problem)) from problem
        drawn = edit.completed.to(source.image.device)
        if not torch.compiler.is_exporting() and not drawn.isfinite().all():
            raise UsageError(
                "the model draws NaN or infinity: its weights ran away in training; take another"
            )
        return Edit(source, exemplar, wanted, drawn, None, edit.code)

    def _labelled(self, faces: Faces) -> Faces:
        return switches.labelled(faces, self.header.attributes, self.judge)
