"""A model for photographs, measured on people of another set than it was trained on.

    python -m benchmarks.portraits FOLDER [--train FOLDER] [--sheet FILE] [MODEL ...]

FOLDER holds photographs of people, each with a neutral and a smiling face, and their table as
`data.use = "portraits"` reads it. Three tables come out:

- an exemplar's smile on another person's neutral face, in 500 pairs that a seed fixes: likeness,
  identity, skin, seam, sharpness; and for the model the same by the skin of the source;
- source and exemplar of one person, where the truth is a photograph: the smile, in other colours
  and another pose, on the same person's neutral face;
- the same at the photographs' own size, with and without fine detail: sharpness;
- with `--train`, the folder that the model was trained on: how far edits are from the nearest face
  there, and if a face of it that is given a stranger's code gets its own mouth back.

MODEL: model files, `portraits` if none is given. `paste` and `poisson` stand beside them. `--sheet`
draws the first 24 of the 500 pairs, to be looked at and not to be passed on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ebgan_kit import Faces, load
from ebgan_kit.editing.editor import Editor
from ebgan_kit.editing.model_view import soft_edge
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.evaluation.metrics.attributes import Editing
from ebgan_kit.evaluation.metrics.baselines import BASELINES
from ebgan_kit.evaluation.metrics.dlib_recogniser import DlibRecogniser, dlib_recogniser
from ebgan_kit.evaluation.metrics.quality import psnr, ssim
from ebgan_kit.evaluation.metrics.report import NO_ATTRIBUTES, Pair, measure
from ebgan_kit.evaluation.metrics.sharpness import gradient_energy
from ebgan_kit.images.blend import fading
from ebgan_kit.images.contact_sheet import sheet
from ebgan_kit.images.levels import from_bytes, pixels
from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.modelfile.header import Header
from ebgan_kit.parts.augment.jitter import jitter
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.partitions import PARTITIONS
from ebgan_kit.parts.data.portraits.portraits import Portraits
from ebgan_kit.parts.data.portraits.table import Landmarks, read_landmarks, read_table
from ebgan_kit.parts.masks.region import region
from ebgan_kit.rng import Chance
from ebgan_kit.types import Edit, region_of

PAIRS, BATCH = 500, 50


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=Path)
    words.add_argument("models", nargs="*", default=["portraits"])
    words.add_argument("--train", type=Path)
    words.add_argument("--region", default="mouth")
    words.add_argument("--sheet", type=Path)
    told = words.parse_args()
    editors = {model: load(model) for model in told.models}
    recogniser = dlib_recogniser()
    for model, editor in editors.items():
        head = editor.header
        print(f"\n{model}: {head.size} pixels, region {told.region}")
        faces = _faces(told.folder, head, told.region)
        name, complete = head.recipe["name"], editor.complete
        edge = soft_edge(head, (told.region,))
        tried: dict[str, Editing] = {name: complete, f"{name}, soft": _soft(complete, edge)}
        tried |= {name: _editing(draw) for name, draw in BASELINES.items()}
        _smiles(faces, tried, recogniser)
        _by_skin(faces, complete, recogniser)
        _one_person(faces, tried)
        _at_full_size(told.folder, editor, faces, told.region)
        if told.sheet is not None:
            _sheet(faces, tried, told.sheet.with_stem(f"{told.sheet.stem}-{name}"))
        if told.train is not None and recogniser is not None:
            trained = _faces(told.train, head, told.region)
            _memory(faces, trained, complete, recogniser)


def _soft(complete: Editing, edge: float) -> Editing:
    """Edits with the soft edge that they have in use, whose pixels are partly the source's."""

    def edit(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
        found = complete(source, exemplar, wanted)
        left, right = source.landmarks[:, :2].mean(0)
        weights = fading(region_of(source) > 0.5, round(edge * (right - left).norm().item()))
        return replace(found, completed=source.image.lerp(found.image, weights))

    return edit


def _faces(folder: Path, head: Header, name: str) -> Faces:
    """All faces of a folder as a model sees them, with the region as large as it has learned it."""
    frame = {key: value for key, value in head.recipe["data"].items() if key == "eyes"}
    data = Portraits(root=folder, size=head.size, partitions=PARTITIONS, **frame)
    faces = data.__getitems__(range(len(data)))
    if "Smiling" in data.attributes:
        smiling = data.attributes.index("Smiling")
        faces = replace(faces, attributes=faces.attributes[:, smiling : smiling + 1])
    grow = head.grow.get(name, 0.0)
    return replace(faces, region=region(faces, Chance(0, faces.index), regions=(name,), grow=grow))


def _neutral_and_smiling(faces: Faces) -> tuple[Faces, Faces]:
    """Each person's neutral and smiling face, in the order of the people."""
    order = faces.identity.argsort(stable=True)
    smiles = faces.attributes[order, 0] > 0.5
    return faces[order[~smiles]], faces[order[smiles]]


def _smiles(faces: Faces, tried: dict[str, Editing], recogniser: DlibRecogniser | None) -> None:
    print(f"{'':24}likeness nearer than   skin step      seam energy  edit to source   exemplar")
    print(f"{'':24} cosine source stranger  (real)   (real)  (real)  distance  <.6   distance")
    for name, edit in tried.items():
        _row(name, edit, _pairs(faces), recogniser)


def _by_skin(faces: Faces, edit: Editing, recogniser: DlibRecogniser | None) -> None:
    """The same in thirds of the people, by how light the skin of their noses is."""
    neutral, _ = _neutral_and_smiling(faces)
    nose = region(neutral, Chance(0, neutral.index), regions=("nose",), grow=-0.3)
    light = (neutral.image * nose).sum((1, 2, 3)) / nose.sum((1, 2, 3))
    order = light.argsort()
    for name, people in zip(("dark", "medium", "light"), order.tensor_split(3), strict=True):
        among = neutral.identity[people]
        some = (
            tuple(side[torch.isin(pair[0].identity, among)] for side in pair)
            for pair in _pairs(faces)
        )
        _row(f"  sources' skin: {name}", edit, some, recogniser)


def _row(
    name: str, edit: Editing, pairs: Iterable[Pair], recogniser: DlibRecogniser | None
) -> None:
    found = measure(edit, pairs, None, None, NO_ATTRIBUTES, None, recogniser).result(0)
    like, skin, seam, energy = (found[k] for k in ("likeness", "skin", "seam", "sharpness"))
    who = found["identity"]
    print(
        f"{name:24.24}{_v(like['exemplar']):6.3f} {_v(like['nearer_than_source']):6.3f}"
        f" {_v(like['nearer_than_stranger']):6.3f}"
        f"  {_v(skin['edit']):5.1f} ({_v(skin['real']):.1f})"
        f" {_v(seam['edit']):5.1f} ({_v(seam['real']):.1f})"
        f" {_v(energy['edit']):5.0f} ({_v(energy['real']):.0f})"
        f"  {_v(who['distance']['edit']):.3f}  {_v(who['below']['edit']):.3f}"
        f"  {_v(who['distance']['exemplar']):.3f}",
        flush=True,
    )


def _sheet(faces: Faces, tried: dict[str, Editing], path: Path) -> None:
    source, exemplar, _ = next(_pairs(faces))
    edits = [(name, edit(source, exemplar, None).image) for name, edit in tried.items()]
    sheet([("source", source.image), ("exemplar", exemplar.image), *edits], path, rows=24)
    print(f"the first 24 pairs: {path}")


def _v(figure: dict) -> float:
    return figure["value"]


def _pairs(faces: Faces) -> Iterator[Pair]:
    """Neutral sources, another's smile, and a third one's."""
    neutral, smiling = _neutral_and_smiling(faces)
    random, count = torch.Generator().manual_seed(0), len(neutral)
    for _ in range(PAIRS // BATCH):
        source = torch.randint(count, (BATCH,), generator=random)
        apart = torch.randint(1, count, (BATCH,), generator=random)
        other = (source + apart) % count
        third = (other + torch.randint(1, count, (BATCH,), generator=random)) % count
        yield neutral[source], smiling[other], smiling[third]


def _one_person(faces: Faces, tried: dict[str, Editing]) -> None:
    """The truth is the person's own smile; the exemplar is it in other colours and pose."""
    neutral, smiling = _neutral_and_smiling(faces)
    chance = Chance(7, smiling.index)
    exemplar = jitter(smiling, chance, rotate=8, scale=0.1, shift=0.05, gamma=0.5)
    print("the same person's smile, in other colours and another pose: PSNR, SSIM")
    for name, edit in tried.items():
        image = edit(neutral, exemplar, None).image
        where = region_of(neutral)
        print(
            f"{name:24.24}{psnr(image, smiling.image, where).mean():6.2f}"
            f" {ssim(image, smiling.image, where).mean():6.3f}"
        )


def _at_full_size(folder: Path, editor: Editor, faces: Faces, name: str) -> None:
    """The sharpness of the first 50 pairs' edits, each at its photograph's size."""
    faults = Faults(folder)
    rows = read_table(faults, None, list_photographs(folder, inside=True).photographs)
    known = sorted(read_landmarks(rows, faults).items())
    photographs = [(_read(folder / file), _eyes(landmarks)) for file, landmarks in known]
    source, exemplar, _ = next(_pairs(faces))
    found = []
    for here, there in zip(source.index.tolist(), exemplar.index.tolist(), strict=True):
        (before, eyes), (example, theirs) = photographs[here], photographs[there]
        change = Change(example, name, eyes=theirs)
        request = Request(before, [change], eyes, feather=0)  # a soft edge would show the source
        edits = [editor.edit_all([replace(request, detail=on)])[0] for on in (False, True)]
        inside = editor.filled(request, change).float()
        found.append([gradient_energy(image, inside).item() for image in (before, *edits)])
    untouched, plain, fine = torch.tensor(found).mean(0).tolist()
    print(
        f"at the photographs' own size: gradient energy {plain:.1f}, with fine detail {fine:.1f}, "
        f"of the untouched photographs {untouched:.1f}"
    )


def _read(path: Path) -> Tensor:
    """[1, 3, H, W] in [-1, 1]."""
    with opened(path) as image:
        return from_bytes(pixels(upright_rgb(image)).permute(2, 0, 1)[None])


def _eyes(landmarks: Landmarks) -> tuple[float, float, float, float]:
    left, right = landmarks[:2]
    return left.real, left.imag, right.real, right.imag


def _memory(faces: Faces, trained: Faces, edit: Editing, recogniser: DlibRecogniser) -> None:
    """Does an edit give back a face that it was trained on?"""
    known = recogniser(trained)
    nearest, before, exemplars, sources = [], [], [], []
    for source, exemplar, _ in _pairs(faces):
        made = recogniser(replace(source, image=edit(source, exemplar, None).image))
        one, other = recogniser(source), recogniser(exemplar)
        nearest.append(torch.cdist(made, known).amin(1))
        before.append(torch.cdist(one, known).amin(1))
        sources.append((made - one).norm(dim=1))
        exemplars.append((made - other).norm(dim=1))
    for name, apart in (
        ("edit to the nearest face trained on", nearest),
        ("source, untouched, to the nearest", before),
        ("edit to its source", sources),
        ("edit to its exemplar", exemplars),
    ):
        each = torch.cat(apart)
        print(f"{name:40}{each.mean():.3f}, least {each.min():.3f}")
    _own_mouths(faces, trained, edit)


def _own_mouths(faces: Faces, trained: Faces, edit: Editing) -> None:
    """Faces trained on, with the codes of strangers who were not: is their own mouth drawn?"""
    count = min(len(trained), 500)
    random = torch.Generator().manual_seed(1)
    own, others = [], []
    for start in range(0, count, BATCH):
        source = trained[start : min(start + BATCH, count)]
        rows = torch.randint(len(faces), (len(source),), generator=random)
        image = edit(replace(source, attributes=None), faces[rows], None).image
        again = torch.randint(len(faces), (len(source),), generator=random)
        second = edit(replace(source, attributes=None), faces[again], None).image
        own.append(psnr(image, source.image, region_of(source)))
        others.append(psnr(image, second, region_of(source)))
    print(
        f"{count} faces trained on, a stranger's code: PSNR to their own mouth "
        f"{torch.cat(own).mean():.2f} dB; of two strangers' codes to each other "
        f"{torch.cat(others).mean():.2f} dB"
    )


def _editing(draw: Callable[[Faces, Faces], Tensor]) -> Editing:
    return lambda source, exemplar, _: Edit(source, exemplar, None, draw(source, exemplar))


if __name__ == "__main__":
    main()
