"""Which attributes pass from exemplar to source, and which leak although they are switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ebgan_kit.faces import Edit, Faces, region_of
from ebgan_kit.judge import Judge
from ebgan_kit.report.baselines import paste, poisson
from ebgan_kit.report.quality import psnr

Editing = Callable[[Faces, Faces, Tensor | None], Edit]
"""Source, exemplar and what is wanted, [B, n]; the edit."""

Truth = Callable[[Faces, Faces, Sequence[str]], Tensor]
"""Source, exemplar and attributes that are switched off; the true edit."""

Rows = dict[tuple[str, ...], Tensor]
"""A figure's values by its name: a row a pair, [B] or [B, columns], NaN where a pair has none."""


@dataclass(frozen=True)
class Attributes:
    """What is asked about attributes."""

    names: tuple[str, ...]
    """The columns of the faces' attributes."""
    switches: tuple[str, ...]
    """The first of them, which the model can switch; () for one that edits none."""
    judge: Judge | None = None

    @property
    def judged(self) -> tuple[str, ...]:
        """Those that the judge knows."""
        known = () if self.judge is None else self.judge.attributes
        return tuple(name for name in self.names if name in known)

    def wanted(self, faces: Faces) -> Tensor | None:
        """[B, switches]: what an edit shows if nothing is switched."""
        if not self.switches:
            return None
        return self.labels(faces, self.switches)

    def found(self, image: Tensor) -> Tensor:
        """[B, judged] in {0, 1}: what the judge says that the images show."""
        assert self.judge is not None
        columns = [self.judge.attributes.index(name) for name in self.judged]
        return self.judge.finds(image)[:, columns]

    def labels(self, faces: Faces, names: Sequence[str]) -> Tensor:
        """[B, names]: the faces' own labels."""
        assert faces.attributes is not None
        return faces.attributes[:, [self.names.index(name) for name in names]]


def attribute_rows(
    source: Faces,
    exemplar: Faces,
    made: Edit,
    edit: Editing,
    asked: Attributes,
    truth: Truth | None,
) -> Rows:
    """Every figure of a batch that speaks of attributes; see `report` for what they are.

    `made` is the edit with all that the exemplar has. An attribute's figures are of the pairs whose
    exemplar has it and whose source has not; `imposed` is of those where neither has it.
    """
    rows: Rows = {}
    if asked.judged:
        rows |= _judge_rows(source, asked)
        rows |= _transfer_rows(source, exemplar, made, asked)
    for name in asked.switches:
        passes = _lacking(source, asked, name) & ~_lacking(exemplar, asked, name)
        if passes.any():
            some = source[passes], exemplar[passes], made.image[passes]
            found = _switch_rows(*some, edit, asked, truth, name)
            rows |= {key: _back(values, passes) for key, values in found.items()}
        neither = _lacking(source, asked, name) & _lacking(exemplar, asked, name)
        if name in asked.judged and neither.any():
            shown = _imposed(source[neither], exemplar[neither], edit, asked, name)
            rows["attributes", "imposed", name] = _back(shown, neither)
    return rows


def _lacking(faces: Faces, asked: Attributes, name: str) -> Tensor:
    """[B] bool: which faces have not the attribute."""
    return asked.labels(faces, [name])[:, 0] < 0.5


def _judge_rows(source: Faces, asked: Attributes) -> Rows:
    """Whether the judge is right about untouched faces; balanced: those with it and without."""
    labels = asked.labels(source, asked.judged)
    right = (asked.found(source.image) == labels).double()
    rows: Rows = {}
    for column, name in enumerate(asked.judged):
        has = labels[:, column] > 0.5
        rows["attributes", "judge", "accuracy", name] = right[:, column]
        sides = [right[:, column].where(side, torch.nan) for side in (has, ~has)]
        rows["attributes", "judge", "balanced", name] = torch.stack(sides, dim=1)
    return rows


def _transfer_rows(source: Faces, exemplar: Faces, made: Edit, asked: Attributes) -> Rows:
    found = asked.found(made.image).double()
    return {
        ("attributes", "transfer", name): found[:, column].where(
            _lacking(source, asked, name) & ~_lacking(exemplar, asked, name), torch.nan
        )
        for column, name in enumerate(asked.judged)
    }


def _switch_rows(
    source: Faces,
    exemplar: Faces,
    on: Tensor,
    edit: Editing,
    asked: Attributes,
    truth: Truth | None,
    name: str,
) -> Rows:
    """What changes when one attribute is switched off: `on` are the edits before."""
    off = edit(source, exemplar, _switched(exemplar, asked, name, 0)).image
    rows: Rows = {}
    if name in asked.judged:
        before, after = asked.found(on), asked.found(off)
        rows["attributes", "leak", name] = after[:, asked.judged.index(name)]
        for column, other in enumerate(asked.judged):
            changed = before[:, column] != after[:, column]
            rows["attributes", "crosstalk", name, other] = changed.double()
    if truth is not None:
        rows |= _truth_rows(source, exemplar, on, off, truth, name)
    return rows


def _imposed(source: Faces, exemplar: Faces, edit: Editing, asked: Attributes, name: str) -> Tensor:
    """[B]: whether the judge finds an attribute that is on though the exemplar lacks it."""
    image = edit(source, exemplar, _switched(exemplar, asked, name, 1)).image
    return asked.found(image)[:, asked.judged.index(name)]


def _switched(exemplar: Faces, asked: Attributes, name: str, value: float) -> Tensor:
    """[B, switches]: what the exemplars have, with one attribute off (0) or on (1)."""
    wanted = asked.labels(exemplar, asked.switches).clone()
    wanted[:, asked.switches.index(name)] = value
    return wanted


def _truth_rows(
    source: Faces, exemplar: Faces, on: Tensor, off: Tensor, truth: Truth, name: str
) -> Rows:
    region = region_of(source)
    there, gone = truth(source, exemplar, ()), truth(source, exemplar, (name,))
    filtered = {
        "filtered": off,
        "filtered_unchanged": source.image,
        "filtered_paste": paste(source, exemplar),
        "filtered_poisson": poisson(source, exemplar),
    }
    rows: Rows = {
        ("truth", "psnr", key, name): psnr(image, gone, region) for key, image in filtered.items()
    }
    for key, image in (("transfer", on), ("leak", off)):
        nearer = psnr(image, there, region) > psnr(image, gone, region)
        rows["truth", key, name] = nearer.double()
    return rows


def _back(values: Tensor, passes: Tensor) -> Tensor:
    """[B]: values of some pairs at their places among all, NaN elsewhere."""
    full = torch.full((len(passes),), torch.nan, dtype=torch.double)
    full[passes.cpu()] = values.double().cpu()
    return full


def with_means(rows: Rows) -> Rows:
    """The rows, with a `mean` over each group of attributes: their columns beside each other.

    Of `truth.psnr` only the mean is kept, and of `crosstalk` the mean leaves the diagonal out: that
    is what switching an attribute is for.
    """
    kept: Rows = {}
    groups: dict[tuple[str, ...], list[Tensor]] = {}
    for name, values in rows.items():
        *place, _ = name
        if name[:2] == ("truth", "psnr") and len(name) == 4:
            groups.setdefault(tuple(place), []).append(values)
            continue
        kept[name] = values
        if name[1] in ("transfer", "leak", "imposed", "judge"):
            groups.setdefault((*place, "mean"), []).append(values)
        elif name[1] == "crosstalk" and name[2] != name[3]:
            groups.setdefault(("attributes", "crosstalk", "mean"), []).append(values)
    return kept | {name: _columns(found) for name, found in groups.items()}


def _columns(found: Sequence[Tensor]) -> Tensor:
    return torch.cat([values.view(len(values), -1) for values in found], dim=1)
