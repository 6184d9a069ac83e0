"""Measure an editor on pairs of faces, beside what anyone would try first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.estimate import Estimate
from ebgan_kit.evaluation.metrics.attributes import (
    Attributes,
    Editing,
    Images,
    Rows,
    Truth,
    attribute_rows,
    with_means,
)
from ebgan_kit.evaluation.metrics.baselines import BASELINES
from ebgan_kit.evaluation.metrics.identity import Identity, Recogniser
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.evaluation.metrics.likeness import Likeness
from ebgan_kit.evaluation.metrics.oriented_gradients import oriented_gradients
from ebgan_kit.evaluation.metrics.quality import psnr, ssim
from ebgan_kit.evaluation.metrics.realism import Features, Realism
from ebgan_kit.evaluation.metrics.region import is_inside
from ebgan_kit.evaluation.metrics.seam import seam
from ebgan_kit.evaluation.metrics.sharpness import gradient_energy
from ebgan_kit.evaluation.metrics.skin import skin_step
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.types import Edit, Faces, region_of

QUALITIES = {"psnr": psnr, "ssim": ssim}

Pair = tuple[Faces, Faces, Faces]
"""Source, exemplar, and a stranger: some other face in the exemplar's place, as a control."""

Show = Callable[[Faces, Faces, Edit, Tensor | None], None]
"""What is done with the first batch: source, exemplar, edit and truth."""

NO_ATTRIBUTES = Attributes((), ())


@torch.no_grad()
def report(
    edit: Editing,
    pairs: Iterable[Pair],
    data: object,
    regions: Sequence[str],
    seed: int = 0,
    show: Show | None = None,
    asked: Attributes = NO_ATTRIBUTES,
    features: Features | None = None,
    recogniser: Recogniser | None = None,
) -> dict:
    """How good the edits are, as a dictionary that JSON takes.

    `edit` maps source, exemplar and what is wanted of it to an edit. `pairs` are batches, all with
    regions. Where `data` has a method `truth(source, exemplar, regions, without)` that draws the
    true edits, [B, 3, H, W] in [-1, 1], and `regions` names any, edits are held against them; else
    "truth" is left out. `show` is handed the first batch, for a contact sheet. `asked`: which
    attributes are looked at, and by which judge. `features`: in whose eyes edits are held against
    untouched faces; `recogniser`: in whose eyes two faces are one person's; each may be absent, and
    so are its figures.

        {"count": n,
         "truth": {"psnr": {"edit": F, "stranger": F, "unchanged": F, "paste": F, "poisson": F},
                   "ssim": {the same}},
         "attributes": {"transfer": A, "untouched": A, "leak": A, "effect": A, "imposed": A,
                        "crosstalk": {name: {name: F}, "mean": F},
                        "judge": {"accuracy": A, "balanced": A}},
         "reconstruction": {"psnr": {"own": F, "stranger": F}, "ssim": {the same}},
         "outside": {"changed_pixels": 0, "drawn": F},
         "seam": {"edit": F, "real": F},
         "sharpness": {"edit": F, "real": F, "truth": F},
         "skin": {"edit": F, "real": F},
         "likeness": L,
         "identity": I,
         "realism": R}

    Each F is {"value", "low", "high"} with a 95% interval over people where identities are known,
    None where nothing could be measured; each A is {name: F, "mean": F}; R is what
    `Realism.figures` returns. `effect` is transfer less leak, pair by pair, and `untouched` is what
    the judge finds in the sources of the same pairs. With attributes that the model switches, the
    truth has "transfer": A and "leak": A too, and its "psnr" has "filtered" and the same of each
    baseline, against the drawing without the attribute. PSNR is in dB and, as
    SSIM, taken inside the region; `seam` and `skin` are in levels of 0 to 255, `sharpness` is in
    squares of them; `changed_pixels` is a sum over all pairs. `drawn` is how far the network's own
    picture is from the source outside the region, before the composite, in levels of 0 to 255.

    L is {"features": name, "exemplar": F, "source": F, "stranger": F,
    "nearer_than_source": F, "nearer_than_stranger": F}, see `Likeness.rows`.

    I is {"recogniser": name, "edit": F, "exemplar": F, "pair": F}: the cosines of edit and source,
    of edit and exemplar, and of source and exemplar. Of a recogniser with a threshold I is
    {"recogniser": name, "threshold": x, "errors": E, "distance": {the same three}, "below": {the
    same three}}: the distances, and the shares below the threshold. E is what
    `ebgan_kit.evaluation.metrics.identity.errors` returns, where identities are known.

    `UsageError` where `pairs` is empty.
    """
    truth = truth_of(data, regions)
    return measure(edit, pairs, truth, show, asked, features, recogniser).result(seed)


@torch.no_grad()
def measure(
    edit: Editing,
    pairs: Iterable[Pair],
    truth: Truth | None,
    show: Show | None = None,
    asked: Attributes = NO_ATTRIBUTES,
    features: Features | None = None,
    recogniser: Recogniser | None = None,
) -> Measuring:
    """What `report` sums up, pair by pair: for figures that it does not have."""
    measuring = Measuring(edit, truth, asked, features, recogniser)
    for source, exemplar, stranger in pairs:
        made, image = measuring.add(source, exemplar, stranger)
        if show and len(measuring.batches) == 1:
            show(source, exemplar, made, image)
    if not measuring.batches:
        raise UsageError("nothing to measure: the data gave no pairs of faces")
    return measuring


class Measuring:
    """The figures of pairs, batch by batch."""

    def __init__(
        self,
        edit: Editing,
        truth: Truth | None,
        asked: Attributes,
        features: Features | None,
        recogniser: Recogniser | None,
    ) -> None:
        self.edit, self.truth, self.asked = edit, truth, asked
        self.identity = None if recogniser is None else Identity(recogniser)
        self.realism = None if features is None else Realism(features)
        self.likeness = Likeness(oriented_gradients())
        self.batches: list[Rows] = []
        self.sources: list[Tensor | None] = []
        self.exemplars: list[Tensor | None] = []

    def add(self, source: Faces, exemplar: Faces, stranger: Faces) -> tuple[Edit, Tensor | None]:
        """Measure a batch; its edits, and what they should be."""
        made, strange, own = (
            self.edit(source, face, self.asked.wanted(face))
            for face in (exemplar, stranger, source)
        )
        truth = self.truth(source, exemplar, ()) if self.truth else None
        images = {"edit": made.image, "stranger": strange.image, "own": own.image}
        tried = {} if truth is None else baselines(source, exemplar)
        rows = _measure(source, images, truth, tried)
        rows["outside", "drawn"] = drawn_outside(made)
        rows |= attribute_rows(
            source, exemplar, made, self.edit, self.asked, self.truth, truth, tried
        )
        if self.identity is not None:
            rows |= self.identity.add(source, exemplar, made)
        rows |= self.likeness.rows(source, exemplar, stranger, made)
        if self.realism is not None:
            self.realism.add(source.image, made.image)
        self.batches.append(rows)
        self.sources.append(source.identity)
        self.exemplars.append(exemplar.identity)
        return made, truth

    def result(self, seed: int) -> dict:
        """All batches together."""
        rows = with_means(_joined_rows(self.batches))
        people = _joined(self.sources)
        result = _summary(rows, people, _joined(self.exemplars), seed)
        result["likeness"] = {"features": self.likeness.features.name} | result["likeness"]
        if self.identity is not None:
            result["identity"] = self.identity.described(people, seed) | result["identity"]
        if self.realism is not None:
            result["realism"] = self.realism.figures()
        return result

    def mean(self, names: Sequence[tuple[str, ...]], seed: int) -> Estimate:
        """The mean of some figures of the pairs by their names, such as
        `("attributes", "transfer", "Mustache")`: each counts alike, as in the means of `result`."""
        rows = _joined_rows(self.batches)
        values = torch.stack([rows[name] for name in names], dim=1)
        return bootstrap(values, _joined(self.sources), _joined(self.exemplars), seed)


def truth_of(data: Any, regions: Sequence[str]) -> Truth | None:
    """What draws the true edit in these regions, with some attributes switched off."""
    if not regions or not hasattr(data, "truth"):
        return None
    return lambda source, exemplar, without: data.truth(source, exemplar, regions, without)


def _joined_rows(batches: Sequence[Rows]) -> Rows:
    """All batches' figures, one after the other; NaN where a batch has no pair for a figure."""
    longest_first = sorted(batches, key=len, reverse=True)  # it has all names, in their order
    names = dict.fromkeys(name for batch in longest_first for name in batch)
    like = {name: next(batch[name] for batch in batches if name in batch) for name in names}
    counts = [len(batch["seam", "edit"]) for batch in batches]
    return {
        name: torch.cat(
            [
                batch[name] if name in batch else like[name].new_full((count,), torch.nan)
                for batch, count in zip(batches, counts, strict=True)
            ]
        )
        for name in names
    }


def baselines(source: Faces, exemplar: Faces) -> Images:
    """What anyone would try first, by its name in the report."""
    return {name: draw(source, exemplar) for name, draw in BASELINES.items()}


def _measure(source: Faces, images: Images, truth: Tensor | None, tried: Images) -> Rows:
    """Every figure of a batch, [B] each, under its name. `images` are "edit", "stranger", "own";
    `tried` are the baselines."""
    region = region_of(source)
    rows: Rows = {}
    if truth is not None:
        candidates = {"edit": images["edit"], "stranger": images["stranger"], **tried}
        rows |= _qualities("truth", candidates, truth, region)
    completions = {"own": images["own"], "stranger": images["stranger"]}
    rows |= _qualities("reconstruction", completions, source.image, region)
    rows["outside", "changed_pixels"] = changed_pixels(images["edit"], source.image, region)
    rows["seam", "edit"] = seam(images["edit"], region)
    rows["seam", "real"] = seam(source.image, region)
    rows["sharpness", "edit"] = gradient_energy(images["edit"], region)
    rows["sharpness", "real"] = gradient_energy(source.image, region)
    if truth is not None:
        rows["sharpness", "truth"] = gradient_energy(truth, region)
    rows["skin", "edit"] = skin_step(images["edit"], region)
    rows["skin", "real"] = skin_step(source.image, region)
    return {name: values.cpu() for name, values in rows.items()}


def _qualities(part: str, images: Mapping[str, Tensor], target: Tensor, region: Tensor) -> Rows:
    return {
        (part, quality, name): measure(image, target, region)
        for quality, measure in QUALITIES.items()
        for name, image in images.items()
    }


def changed_pixels(image: Tensor, source: Tensor, region: Tensor) -> Tensor:
    """[B], int64: how many pixels outside the region differ in any channel, on 8-bit images."""
    differs = (to_bytes(image) != to_bytes(source)).any(1, keepdim=True)
    return (differs & ~is_inside(region)).sum((1, 2, 3))


def drawn_outside(made: Edit) -> Tensor:
    """[B]: how far what the network drew is from the source outside the region, in levels of 0 to
    255; NaN where there is no outside."""
    outside = (~is_inside(made.region)).double()
    distance = (made.completed.double() - made.source.image.double()).abs().mean(1, keepdim=True)
    return ((distance * outside).sum((1, 2, 3)) / outside.sum((1, 2, 3)) * 127.5).cpu()


def _summary(rows: Rows, sources: Tensor | None, exemplars: Tensor | None, seed: int) -> dict:
    """The report's nested dictionary, each figure with its interval."""
    result: dict = {"count": len(rows["seam", "edit"])}
    for name, values in rows.items():
        *place, last = name
        inner = reduce(lambda outer, word: outer.setdefault(word, {}), place, result)
        if name == ("outside", "changed_pixels"):
            inner[last] = int(values.sum())
        else:
            has_exemplar = name[0] != "reconstruction" and name[-1] != "real"
            others = exemplars if has_exemplar else None
            sides = 2 if "balanced" in name else 1
            figure = bootstrap(values, sources, others, seed, together=sides)
            inner[last] = figure.as_dict()
    return result


def _joined(people: Sequence[Tensor | None]) -> Tensor | None:
    """All batches' identities, [n]; None where those of any batch are unknown."""
    known = [identity.cpu() for identity in people if identity is not None]
    return torch.cat(known) if len(known) == len(people) else None
