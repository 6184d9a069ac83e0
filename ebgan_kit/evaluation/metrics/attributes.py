"""Which attributes pass from exemplar to source, and which leak although they are switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ebgan_kit.editing.classifier import Judge
from ebgan_kit.editing.switches import switched
from ebgan_kit.evaluation.metrics.quality import psnr
from ebgan_kit.types import Edit, Faces, region_of

Editing = Callable[[Faces, Faces, Tensor | None], Edit]
"""Source, exemplar and what is wanted, [B, n]; the edit."""

Truth = Callable[[Faces, Faces, Sequence[str]], Tensor]
"""Source, exemplar and attributes that are switched off; the true edit."""

Images = Mapping[str, Tensor]
"""Pictures by name, [B, 3, H, W] each."""

Rows = dict[tuple[str, ...], Tensor]
"""A figure's values by its name, per pair: [B] or [B, columns], NaN where a pair has none."""


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
        if self.judge is None:
            return image.new_zeros(len(image), 0)
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
    draw: Truth | None,
    truth: Tensor | None,
    baselines: Images,
) -> Rows:
    """Every figure of a batch that speaks of attributes; see `report` for what they are.

    `made` is the edit with all that the exemplar has, `truth` what it should be, and `baselines`
    what anyone would try first; `draw` draws other truths. An attribute's figures are of the pairs
    whose exemplar has it and whose source has not; `imposed` is of those where neither has it.
    """
    rows: Rows = {}
    found = asked.found(made.image)
    if asked.judged:
        untouched = asked.found(source.image)
        rows |= _judge_rows(source, untouched, asked)
        verdicts = {"transfer": found, "untouched": untouched}
        rows |= _passing_rows(source, exemplar, verdicts, asked)
    for name in asked.switches:
        passes = _passes(source, exemplar, asked, name)
        if passes.any():
            some, other = source[passes], exemplar[passes]
            off = edit(some, other, _switched(other, asked, name, False)).image
            here = _switch_rows(found[passes], off, asked, name)
            if draw is not None and truth is not None:
                tried = {key: image[passes] for key, image in baselines.items()}
                gone = draw(some, other, (name,))
                drawn = made.image[passes], off, truth[passes], gone
                here |= _truth_rows(*drawn, tried, region_of(some), name)
            rows |= {key: _back(values, passes) for key, values in here.items()}
        neither = _lacking(source, asked, name) & _lacking(exemplar, asked, name)
        if name in asked.judged and neither.any():
            shown = _imposed(source[neither], exemplar[neither], edit, asked, name)
            rows["attributes", "imposed", name] = _back(shown, neither)
    return rows


def _passes(source: Faces, exemplar: Faces, asked: Attributes, name: str) -> Tensor:
    """[B] bool: in which pairs the exemplar has the attribute and the source has not."""
    return _lacking(source, asked, name) & ~_lacking(exemplar, asked, name)


def _lacking(faces: Faces, asked: Attributes, name: str) -> Tensor:
    """[B] bool: which faces have not the attribute."""
    return asked.labels(faces, [name])[:, 0] < 0.5


def _judge_rows(source: Faces, untouched: Tensor, asked: Attributes) -> Rows:
    """Whether the judge is right about untouched faces; balanced: those with it and without."""
    labels = asked.labels(source, asked.judged)
    right = (untouched == labels).double()
    rows: Rows = {}
    for column, name in enumerate(asked.judged):
        has = labels[:, column] > 0.5
        rows["attributes", "judge", "accuracy", name] = right[:, column]
        sides = [right[:, column].where(side, torch.nan) for side in (has, ~has)]
        rows["attributes", "judge", "balanced", name] = torch.stack(sides, dim=1)
    return rows


def _passing_rows(
    source: Faces, exemplar: Faces, verdicts: Mapping[str, Tensor], asked: Attributes
) -> Rows:
    """What the judge finds, where the exemplar has an attribute and the source has not."""
    rows: Rows = {}
    for column, name in enumerate(asked.judged):
        passes = _passes(source, exemplar, asked, name)
        for figure, found in verdicts.items():
            rows["attributes", figure, name] = found[:, column].where(passes, torch.nan)
    return rows


def _switch_rows(before: Tensor, off: Tensor, asked: Attributes, name: str) -> Rows:
    """What the judge says when one attribute is switched off: `before` is what it found."""
    rows: Rows = {}
    if name in asked.judged:
        after, own = asked.found(off), asked.judged.index(name)
        rows["attributes", "leak", name] = after[:, own]
        rows["attributes", "effect", name] = before[:, own] - after[:, own]
        for column, other in enumerate(asked.judged):
            changed = before[:, column] != after[:, column]
            rows["attributes", "crosstalk", name, other] = changed.double()
    return rows


def _imposed(source: Faces, exemplar: Faces, edit: Editing, asked: Attributes, name: str) -> Tensor:
    """[B]: whether the judge finds an attribute that is on though the exemplar lacks it."""
    image = edit(source, exemplar, _switched(exemplar, asked, name, True)).image
    return asked.found(image)[:, asked.judged.index(name)]


def _switched(exemplar: Faces, asked: Attributes, name: str, value: bool) -> Tensor:
    """[B, switches]: what the exemplars have, with one attribute on or off."""
    return switched(asked.labels(exemplar, asked.switches), asked.switches, name, value)


def _truth_rows(
    on: Tensor,
    off: Tensor,
    there: Tensor,
    gone: Tensor,
    baselines: Images,
    region: Tensor,
    name: str,
) -> Rows:
    """Edits with and without an attribute, held against the drawings with and without it."""
    candidates = {"filtered": off} | {f"filtered_{k}": image for k, image in baselines.items()}
    rows: Rows = {
        ("truth", "psnr", key, name): psnr(image, gone, region) for key, image in candidates.items()
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
        if name[1] in ("transfer", "untouched", "leak", "effect", "imposed", "judge"):
            groups.setdefault((*place, "mean"), []).append(values)
        elif name[1] == "crosstalk" and name[2] != name[3]:
            groups.setdefault(("attributes", "crosstalk", "mean"), []).append(values)
    return kept | {name: _columns(found) for name, found in groups.items()}


def _columns(found: Sequence[Tensor]) -> Tensor:
    return torch.cat([values.view(len(values), -1) for values in found], dim=1)
