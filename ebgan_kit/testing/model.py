"""The check of a model: it is built, trained and used as a recipe says, on drawn faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import pad

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.data.loading import open_data
from ebgan_kit.parts.masks.region import area
from ebgan_kit.recipe.recipe import Recipe, parse, read
from ebgan_kit.regions import hidden_attributes
from ebgan_kit.testing.drawn import drawn_faces
from ebgan_kit.testing.networks import pull, unreached, wake
from ebgan_kit.testing.subject import Subject, check_signature, what
from ebgan_kit.training.pairs import Batch, pairs_of
from ebgan_kit.training.trainer import first_batch, train
from ebgan_kit.types import Edit, Faces, region_of

BATCH = 4


def check_model(
    recipe: Path | str | Mapping[str, Any], folder: Path | str, overrides: Sequence[str] = ()
) -> Path:
    """A model, by a recipe that names it; gives the path of the model file that it was trained to.

    It is trained for two steps of four drawn faces in `folder`, twice. `recipe` is a file or a
    plain document; `overrides` are like `model.width=4`: make it small, and where it names
    attributes take some that drawn faces have.

    In training: an `Edit` of the sources' shape, with a gradient for every weight from `completed`
    and `reconstruction`, in bf16 too; the same without the exemplars' `order`; two runs give the
    same weights. In use: nothing changes outside a region, in the model's frame and in a photograph
    of another size; an edit is the same each time, and alone as in a batch; each switch of an
    attribute changes something.
    """
    small = _small(recipe, overrides)
    subject = Subject(small.tables["model"].part, small.tables["model"].keys)
    check_signature(subject)
    _check_training(subject, small)
    path = _check_runs(subject, small, Path(folder))
    _check_use(subject, load(path, "cpu"))
    return path


def _small(recipe: Path | str | Mapping[str, Any], overrides: Sequence[str]) -> Recipe:
    """The recipe on drawn faces, for two steps of its model."""
    given = ("data.use=synthetic", *overrides)
    whole = parse(recipe, given) if isinstance(recipe, Mapping) else read(recipe, given)
    document = whole.dump()
    group = getattr(whole.tables["pairing"].keys, "group", 2)
    batch = -(-BATCH // group) * group
    document["watch"] = {}
    document["train"].pop("start", None)
    document["train"] |= {
        "batch": batch,
        "images": 2 * batch * whole.train.critic_steps,
        "accumulate": 1,
        "workers": 0,
        "precision": "float32",
        "device": "cpu",
    }
    return parse(document)


# In training


def _check_training(subject: Subject, recipe: Recipe) -> None:
    model = build_networks(recipe).model
    subject.require(
        hasattr(model, "edit"), "edits nothing: it has no method edit(source, exemplar, wanted)"
    )
    batch = _pairs(recipe, 16)
    before = torch.get_rng_state()
    with subject.still(steps=True):
        edit = model(batch.source, batch.exemplar, batch.wanted)
    draws = not torch.equal(before, torch.get_rng_state())
    _check_edit(subject, edit, batch)
    _check_gradients(subject, recipe, batch)
    _check_order(subject, recipe, batch, training=not draws)


def _pairs(recipe: Recipe, count: int) -> Batch:
    group = getattr(recipe.tables["pairing"].keys, "group", 2)
    return first_batch(recipe, open_data(recipe), pairs_of(recipe), -(-count // group) * group)


def _check_edit(subject: Subject, edit: Any, batch: Batch) -> None:
    subject.require(
        isinstance(edit, Edit),
        f"gives {what(edit)}: model(source, exemplar, wanted) gives an ebgan_kit.Edit",
    )
    image = batch.source.image
    for name in ("completed", "reconstruction"):
        drawn = getattr(edit, name)
        if drawn is None and name == "reconstruction":
            continue
        subject.require(
            isinstance(drawn, Tensor) and drawn.shape == image.shape,
            f"gives {what(drawn)} as {name}: it is {list(image.shape)}, as the source is",
        )
        subject.require(drawn.isfinite().all(), f"gives numbers that are not finite as {name}")
    subject.require(
        torch.equal(edit.source.image, image) and edit.source.region is batch.source.region,
        "gives an Edit of other sources than it was given: pass `source` on as it came",
    )
    subject.require(
        all(isinstance(value, Tensor) for value in edit.extra.values()),
        "gives something else than tensors in `extra`",
    )
    subject.require(
        edit.wanted is None or batch.wanted is None or torch.equal(edit.wanted, batch.wanted),
        "gives an Edit with another `wanted` than it was asked for",
    )


def _check_gradients(subject: Subject, recipe: Recipe, batch: Batch) -> None:
    for bf16 in (False, True):
        model = build_networks(recipe).model
        wake(model)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            edit = model(batch.source, batch.exemplar, batch.wanted)
        pull([drawn for drawn in (edit.completed, edit.reconstruction) if drawn is not None])
        missed, under = unreached(model), " under bf16" if bf16 else ""
        subject.require(
            not missed,
            f"has weights that no gradient of `completed` and `reconstruction` reaches{under}: "
            f"{', '.join(missed[:4])}; use them or take them out, and detach nothing",
        )
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        subject.require(
            all(g.isfinite().all() for g in gradients), f"has gradients that are not finite{under}"
        )


def _check_order(subject: Subject, recipe: Recipe, batch: Batch, training: bool) -> None:
    """Two twins, one of which is not told that the exemplars are the sources in another order.

    Not in `training` where they draw random numbers, of which each then has its own.
    """
    one, other = (build_networks(recipe).model.train(training) for _ in range(2))
    with torch.no_grad():
        told = one(batch.source, batch.exemplar, batch.wanted)
        untold = other(batch.source, replace(batch.exemplar, order=None), batch.wanted)
    subject.require(
        _near(told.completed, untold.completed),
        "draws something else where the exemplars' `order` is None: `order` may save work and "
        "change nothing",
    )


def _check_runs(subject: Subject, recipe: Recipe, folder: Path) -> Path:
    runs = [folder / name for name in (recipe.name, f"{recipe.name}-again")]
    first, second = (load_file(train(recipe, run)) for run in runs)
    subject.require(
        all(torch.equal(first[name], second[name]) for name in first),
        "is trained to other weights by the same recipe: something in it is random",
    )
    fresh = build_networks(recipe).model.state_dict()
    subject.require(
        any(not torch.equal(fresh[name], first[name]) for name in fresh),
        "is not trained: after two steps every weight is what it was",
    )
    return runs[0] / "model.safetensors"


# In use


def _check_use(subject: Subject, editor: Editor) -> None:
    faces = drawn_faces(4, editor.header.size, editor.header.attributes)
    exemplar = _turned(faces)
    with subject.still():
        edit = editor.complete(faces, exemplar)
    _check_completed(subject, edit, drawn_faces(4, editor.header.size, editor.header.attributes))
    again = editor.complete(faces, exemplar)
    subject.require(
        torch.equal(edit.completed, again.completed), "gives another edit the second time"
    )
    alone = [editor.complete(faces[i : i + 1], exemplar[i : i + 1]) for i in range(len(faces))]
    subject.require(
        _near(torch.cat([one.completed for one in alone]), edit.completed),
        "edits a face otherwise in company than alone: nothing may mix the faces of a batch",
    )
    _check_switches(subject, editor)
    if _edits_unlabelled(subject, editor, faces):
        _check_photograph(subject, editor)


def _check_completed(subject: Subject, edit: Edit, faces: Faces) -> None:
    """`faces`: the sources, drawn once more, so that nothing can have changed them."""
    drawn = edit.completed
    subject.require(
        drawn.shape == faces.image.shape and drawn.isfinite().all(),
        f"gives {what(drawn)} in use: it is a finite image of the source's shape",
    )
    subject.require(
        drawn.abs().max() <= 1,
        "draws beyond [-1, 1] in use: cut `completed` there in `edit` (ebgan_kit.parts.nn's "
        "in_range)",
    )
    outside = (region_of(faces) == 0).expand_as(drawn)
    subject.require(
        torch.equal(edit.image[outside], faces.image[outside]),
        "changes pixels outside the region: it must leave the source as it came",
    )


def _check_switches(subject: Subject, editor: Editor) -> None:
    """Over the region that the model was trained on, or all of the image."""
    names = editor.header.attributes
    faces = _trained_on(editor)
    exemplar = _turned(faces)
    for column, name in enumerate(names):
        assert exemplar.attributes is not None
        off, on = (exemplar.attributes.clone() for _ in range(2))
        off[:, column], on[:, column] = 0, 1
        edits = [editor.complete(faces, exemplar, wanted) for wanted in (off, on)]
        for edit in edits:
            _check_completed(subject, edit, _trained_on(editor))
        subject.require(
            not torch.equal(edits[0].image, edits[1].image),
            f"does the same with {name} on and off: `wanted` [B, n] says what the edit should show",
        )


def _edits_unlabelled(subject: Subject, editor: Editor, faces: Faces) -> bool:
    """Whether photographs, whose attributes nobody has written down, can be edited at all."""
    wanted = faces.attributes if editor.header.attributes else None
    unlabelled = replace(faces, attributes=None)
    try:
        editor.model.edit(unlabelled, unlabelled, wanted)
    except ValueError:
        return editor.judge is not None  # who labels them
    except (TypeError, AttributeError, AssertionError, RuntimeError) as problem:
        subject.require(
            False,
            f"fails in use where nobody knows the faces' attributes ({problem}): do without them "
            "where they are None, or raise ValueError with a sentence",
        )
    return True


def _check_photograph(subject: Subject, editor: Editor) -> None:
    """A photograph that is wider than high and larger than the model's frame."""
    size = editor.header.size
    large = drawn_faces(2, size=size * 3 // 2).image
    source, exemplar = torch.cat([large, large[..., : size // 4].flip(-1)], dim=-1)
    mask = _mask(editor, source)
    try:
        switches = dict.fromkeys(editor.header.attributes, True)
        edited = editor.edit(source.clone(), exemplar, mask, attributes=switches)
    except UsageError as problem:
        raise AssertionError(f"a photograph cannot be edited: {problem}") from problem
    assert isinstance(edited, Tensor)
    outside = (mask == 0).expand_as(source)
    subject.require(
        edited.shape == source.shape and torch.equal(edited[outside], source[outside]),
        "changes a photograph outside the region that was asked for",
    )
    subject.require(not torch.equal(edited, source), "leaves a photograph as it is")


def _mask(editor: Editor, photograph: Tensor) -> Tensor:
    """[1, H, W]: the mouth, or another region where the model's attributes do not show there."""
    height, width = photograph.shape[-2:]
    names = editor.header.attributes
    regions = ("mouth",) if not hidden_attributes(names, ["mouth"]) else editor.header.regions
    square = Faces(torch.zeros(1, 3, height, height), landmarks=editor.template[None] * height)
    inside = torch.zeros(1, height, height)
    if regions:
        inside = area(square, regions)[0]
    else:
        inside[:, height // 16 : -height // 16, height // 16 : -height // 16] = 1
    left = (width - height) // 2
    return pad(inside, (left, width - height - left))


def _trained_on(editor: Editor) -> Faces:
    """Drawn faces, to be filled where the model was trained to."""
    faces = drawn_faces(4, editor.header.size, editor.header.attributes)
    regions = editor.header.regions
    filled = area(faces, regions) if regions else torch.ones_like(region_of(faces))
    return replace(faces, region=filled)


def _turned(faces: Faces) -> Faces:
    """Each face's exemplar is the one before."""
    return faces[torch.arange(len(faces)).roll(1)]


def _near(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one.float(), other.float(), rtol=1e-3, atol=1e-3)
