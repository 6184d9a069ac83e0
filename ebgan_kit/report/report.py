"""Measure an editor on pairs of faces, beside what anyone would try first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.faces import Edit, Faces, region_of
from ebgan_kit.pixels import to_bytes
from ebgan_kit.report.baselines import paste, poisson
from ebgan_kit.report.interval import bootstrap
from ebgan_kit.report.quality import psnr, ssim
from ebgan_kit.report.region import is_inside
from ebgan_kit.report.seam import seam

QUALITIES = {"psnr": psnr, "ssim": ssim}

Pair = tuple[Faces, Faces, Faces]
"""Source, exemplar, and a stranger: some other face in the exemplar's place, as a control."""

Name = tuple[str, ...]
"""Where a figure stands in the report, such as ("truth", "psnr", "edit")."""

Rows = dict[Name, Tensor]
"""A figure's value for each face, [n], by its name."""


@torch.no_grad()
def report(
    edit: Callable[[Faces, Faces], Edit],
    pairs: Iterable[Pair],
    data: object,
    regions: Sequence[str],
    seed: int = 0,
    show: Callable[[Faces, Faces, Edit, Tensor | None], None] | None = None,
) -> dict:
    """How good the edits are, as a dictionary that JSON takes.

    `edit` maps source and exemplar to an edit. `pairs` are batches, all with regions. Where `data`
    has a method `truth(source, exemplar, regions)` that draws the true edits, [B, 3, H, W] in
    [-1, 1], and `regions` names any, edits are held against them; else "truth" is left out.
    `show` is handed the first batch's source, exemplar, edit and truth, for a contact sheet.

        {"count": n,
         "truth": {"psnr": {"edit": F, "stranger": F, "unchanged": F, "paste": F, "poisson": F},
                   "ssim": {the same}},
         "reconstruction": {"psnr": {"own": F, "stranger": F}, "ssim": {the same}},
         "outside": {"changed_pixels": 0},
         "seam": {"edit": F, "real": F}}

    Each F is {"value", "low", "high"} with a 95% interval over people where identities are known,
    None where nothing could be measured. PSNR is in dB and, as SSIM, taken inside the region;
    `seam` is in levels of 0 to 255; `changed_pixels` is a sum over all pairs. `UsageError` where
    `pairs` is empty.
    """
    draw_truth = getattr(data, "truth", None) if regions else None
    batches: list[Rows] = []
    sources, exemplars = [], []
    for source, exemplar, stranger in pairs:
        made, strange, own = (edit(source, face) for face in (exemplar, stranger, source))
        truth = draw_truth(source, exemplar, regions) if draw_truth else None
        if show and not batches:
            show(source, exemplar, made, truth)
        images = {"edit": made.image, "stranger": strange.image, "own": own.image}
        batches.append(_measure(source, exemplar, images, truth))
        sources.append(source.identity)
        exemplars.append(exemplar.identity)
    if not batches:
        raise UsageError("nothing to measure: the data gave no pairs of faces")
    rows = {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}
    return _summary(rows, _joined(sources), _joined(exemplars), seed)


def _measure(
    source: Faces, exemplar: Faces, images: Mapping[str, Tensor], truth: Tensor | None
) -> Rows:
    """Every figure of a batch, [B] each, under its name. `images` are "edit", "stranger", "own"."""
    region = region_of(source)
    rows: Rows = {}
    if truth is not None:
        candidates = {
            "edit": images["edit"],
            "stranger": images["stranger"],
            "unchanged": source.image,
            "paste": paste(source, exemplar),
            "poisson": poisson(source, exemplar),
        }
        rows |= _qualities("truth", candidates, truth, region)
    completions = {"own": images["own"], "stranger": images["stranger"]}
    rows |= _qualities("reconstruction", completions, source.image, region)
    rows["outside", "changed_pixels"] = changed_pixels(images["edit"], source.image, region)
    rows["seam", "edit"] = seam(images["edit"], region)
    rows["seam", "real"] = seam(source.image, region)
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


def _summary(rows: Rows, sources: Tensor | None, exemplars: Tensor | None, seed: int) -> dict:
    """The report's nested dictionary, each figure with its interval."""
    result: dict = {"count": len(rows["seam", "edit"])}
    for name, values in rows.items():
        *place, last = name
        inner = reduce(lambda outer, word: outer.setdefault(word, {}), place, result)
        if name == ("outside", "changed_pixels"):
            inner[last] = int(values.sum())
        else:
            has_exemplar = name[0] != "reconstruction" and name != ("seam", "real")
            others = exemplars if has_exemplar else None
            inner[last] = bootstrap(values, sources, others, seed).as_dict()
    return result


def _joined(people: Sequence[Tensor | None]) -> Tensor | None:
    """All batches' identities, [n]; None where those of any batch are unknown."""
    known = [identity.cpu() for identity in people if identity is not None]
    return torch.cat(known) if len(known) == len(people) else None
