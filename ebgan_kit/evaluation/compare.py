"""Several models in one table: the same faces, pairs, masks and judge for each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.editing.classifier import Judge, load_judge
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.estimate import Estimate, dig, quartiles
from ebgan_kit.evaluation.evaluate import Columns, asked_of, check_judge, measured, pairs
from ebgan_kit.evaluation.eyes import OWN, Eyes, Named, eyes_for
from ebgan_kit.evaluation.grouping import groups_of, merged, names_of, row_of
from ebgan_kit.evaluation.metrics.attributes import Attributes, Editing
from ebgan_kit.evaluation.metrics.baselines import BASELINES
from ebgan_kit.evaluation.metrics.report import Pair, Show, measure, truth_of
from ebgan_kit.images.contact_sheet import sheet
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.loading import open_data
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.regions import hidden_attributes
from ebgan_kit.training.dry_run import counted, parameters
from ebgan_kit.types import Edit, Faces

WARM, TIMED = 5, 30
"""Edits before one is timed, and edits that are."""

FIGURES = {
    "transfer": "attributes.transfer.mean",
    "leak": "attributes.leak.mean",
    "effect": "attributes.effect.mean",
    "crosstalk": "attributes.crosstalk.mean",
    "truth_psnr": "truth.psnr.edit",
    "truth_ssim": "truth.ssim.edit",
    "truth_transfer": "truth.transfer.mean",
    "truth_leak": "truth.leak.mean",
    "reconstruction_psnr": "reconstruction.psnr.own",
    "outside": "outside.drawn",
    "sharpness": "sharpness.edit",
    "skin": "skin.edit",
    "likeness": "likeness.exemplar",
    "nearer_than_source": "likeness.nearer_than_source",
    "nearer_than_stranger": "likeness.nearer_than_stranger",
    "identity": "identity.edit",
    "identity_distance": "identity.distance.edit",
    "identity_below": "identity.below.edit",
    "exemplar_distance": "identity.distance.exemplar",
    "fid": "realism.edit.fid",
    "kid": "realism.edit.kid",
    "frechet_distance": "realism.edit.frechet_distance",
    "kernel_distance": "realism.edit.kernel_distance",
}
"""A row's figure → where a report has it."""

BY_ATTRIBUTE = {
    "transfer": "attributes.transfer",
    "leak": "attributes.leak",
    "effect": "attributes.effect",
    "truth_transfer": "truth.transfer",
    "truth_leak": "truth.leak",
}
"""A figure of each attribute → where a report has them."""


def compare(
    models: Sequence[ModelFile | Path],
    overrides: Sequence[str] = (),
    count: int = 1_000,
    seed: int = 0,
    judge_path: ModelFile | Path | None = None,
    sheet_path: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
    named: Named = OWN,
) -> dict[str, Any]:
    """What several models do with the same pairs of faces, beside what anyone would try first.

    The faces and the mask are those that `evaluate` would measure the first model on; it also says
    what `overrides`, `count`, `seed` and `judge_path` are. `named`: networks that look at edits, in
    place of the packages' own. Models of one recipe that differ in its
    `name` and `seed` alone are one row. `sheet_path`: a contact sheet of the first pairs, a column
    a row (of several seeds the first). `say` is told which model is being measured.

        {"data": the table, "mask": the table, "judge": {"name": …, "balanced": A} or None,
         "count": n, "seed": n, "device": …, "looks": {…}, "identity": {…}, "realism": {…},
         "rows": [{"name": …, "models": [path …], "sha256": [of each …], "seeds": n,
                   "switches": [name …], "whole_image": …, "over": [name …],
                   "transfer": F, "leak": F, "effect": F, "crosstalk": F,
                   "truth_psnr": F, "truth_ssim": F, "truth_transfer": F, "truth_leak": F,
                   "reconstruction_psnr": F, "outside": F, "sharpness": F, "skin": F,
                   "likeness": F, "nearer_than_source": F, "nearer_than_stranger": F,
                   "identity_distance": F, "identity_below": F, "exemplar_distance": F,
                   "frechet_distance": F, "kernel_distance": F,
                   "attributes": {"transfer": A, "leak": A, "effect": A,
                                  "truth_transfer": A, "truth_leak": A},
                   "parameters": n, "multiply_adds": n, "milliseconds": F}]}

    Each F is {"value", "low", "high"}: a mean and its 95% interval, or the mean, the lowest and the
    highest of several seeds; each A is {name: F}. What nobody could measure is left out.
    `transfer` is the mean over the attributes in `over`: those that the model switches, or all that
    judge and region know where it switches none. The other figures are those of
    `ebgan_kit.evaluation.metrics.report.report`. `multiply_adds` are those of convolutions and
    matrix products in an edit of one face, None for baselines; `milliseconds` is the median of such
    edits, between the quartiles. The baselines have no models and no seeds. "looks", "identity" and
    "realism" at the top are what a report has of untouched faces alone. A recogniser without a
    threshold gives rows one cosine, "identity": F; Inception-v3 gives "fid" and "kid". A Fréchet
    distance has no range.

    UsageError where models cannot be compared: where there are none, of different sizes, of one
    recipe and one seed, with switches that the data does not know or the region does not show, or
    where there is no region.
    """
    found, columns = compared(models, overrides, count, seed, judge_path, say, named)
    if sheet_path is not None:
        sheet(columns, sheet_path)
    return found


def compared(
    models: Sequence[ModelFile | Path],
    overrides: Sequence[str] = (),
    count: int = 1_000,
    seed: int = 0,
    judge_path: ModelFile | Path | None = None,
    say: Callable[[str], None] = lambda text: None,
    named: Named = OWN,
) -> tuple[dict[str, Any], Columns]:
    """The comparison of `compare`, and the columns of its contact sheet, which is not written."""
    if not models:
        raise UsageError("there are no models to compare: name one model file or more")
    files = [ModelFile.open(model) for model in models]
    editors = [load(file) for file in files]
    groups = groups_of(files, editors)
    ground = _ground(files, editors, overrides, count, seed, judge_path, named)
    shown: list[_Shown] = []
    rows: list[dict[str, Any]] = []
    for name, group in zip(names_of(groups), groups, strict=True):
        figures: list[dict[str, Any]] = []
        for model, editor in group:
            say(f"measuring {model}")
            figures.append(_measured(editor, ground, None if figures else _keep(shown, name)))
        rows.append(row_of(name, group) | merged(figures))
    found = {}
    for name, draw in BASELINES.items():
        say(f"measuring {name}")
        found[name] = _report(_editing(draw), ground.asked(()), ground)
        rows.append(row_of(name, []) | _figures(found[name]) | _baseline_cost(draw, ground))
    return ground.described(found["unchanged"]) | {"rows": rows}, _columns(shown)


@dataclass(frozen=True)
class Ground:
    """What every model is measured on."""

    recipe: Recipe
    data: Any
    mask: Any
    judge: Judge | None
    eyes: Eyes
    count: int
    seed: int
    device: torch.device | str

    def pairs(self, asked: Attributes, count: int | None = None) -> Iterator[Pair]:
        """The same pairs whatever is asked: only the columns of their attributes differ."""
        return pairs(self.data, self.mask, count or self.count, self.seed, asked.names)

    def asked(self, switches: Sequence[str]) -> Attributes:
        return asked_of(switches, self.judge, self.data, self.recipe.regions)

    def described(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The head of the comparison; `found` is the report on the baseline `unchanged`."""
        judge = None
        if self.judge is not None:
            balanced = dig(found, "attributes.judge.balanced") or {}
            judge = {"name": self.judge.name, "balanced": balanced}
        threads = torch.get_num_threads()
        how_many = f", {threads} thread{'s' * (threads > 1)}" if str(self.device) == "cpu" else ""
        return {
            "data": self.recipe.tables["data"].dump(),
            "mask": self.recipe.tables["mask"].dump(),
            "judge": judge,
            "count": found["count"],
            "seed": self.seed,
            "device": f"{self.device}{how_many}",
            **_controls(found),
            **self.eyes.told,
        }


def _controls(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says of untouched faces alone, which holds for every row."""
    looks = {name: found[name]["real"] for name in ("sharpness", "skin")}
    controls: dict[str, Any] = {"looks": looks | {"features": found["likeness"]["features"]}}
    if "identity" in found:
        controls["identity"] = {
            name: {"pair": figures["pair"]} if name in ("distance", "below") else figures
            for name, figures in found["identity"].items()
            if name not in ("edit", "exemplar")
        }
    if "realism" in found:
        controls["realism"] = {k: v for k, v in found["realism"].items() if k != "edit"}
    return controls


# What can be compared


def _ground(
    models: Sequence[ModelFile],
    editors: Sequence[Editor],
    overrides: Sequence[str],
    count: int,
    seed: int,
    judge_path: ModelFile | Path | None,
    named: Named,
) -> Ground:
    """The first model's held-out faces and its mask; UsageError where another cannot take them."""
    first = editors[0]
    _check_sizes(models, editors)
    recipe = measured(first.header, overrides)
    if recipe.tables["mask"].part.name == "whole":
        raise UsageError(
            f"{models[0]}: edits the whole image, and models are compared inside a region: add "
            "--data mask.use=region --data mask.regions=mouth, or another one"
        )
    judge = None if judge_path is None else load_judge(judge_path, first.device)
    check_judge(judge, first.header.size)
    data = open_data(recipe)
    for model, editor in zip(models, editors, strict=True):
        _check_attributes(model, editor, data, recipe.regions)
        _warn_of_advantages(model, editor, recipe)
    mask = recipe.tables["mask"].build()
    eyes = eyes_for(data, named, judge, first.device)
    return Ground(recipe, data, mask, judge, eyes, count, seed, first.device)


def _check_sizes(models: Sequence[ModelFile], editors: Sequence[Editor]) -> None:
    sizes = [editor.header.size for editor in editors]
    if len(set(sizes)) > 1:
        each = ", ".join(f"{m} of {size}" for m, size in zip(models, sizes, strict=True))
        raise UsageError(f"the models edit faces of different sizes in pixels: {each}")


def _check_attributes(model: ModelFile, editor: Editor, data: Any, regions: Sequence[str]) -> None:
    """What a model switches, the data must know and the region must show."""
    names = editor.header.attributes
    missing = [name for name in names if name not in data.attributes]
    if missing:
        raise UsageError(f"{model}: switches {', '.join(missing)}, which the data does not know")
    hidden = hidden_attributes(names, regions) if regions else []
    if hidden:
        raise UsageError("\n".join(f"{model}: {sentence}" for sentence in hidden))


def _warn_of_advantages(model: ModelFile, editor: Editor, recipe: Recipe) -> None:
    """Warn where a model has seen the faces before, or knows another mask than it now meets."""
    table, now = editor.header.recipe["data"], recipe.tables["data"].dump()
    seen = [p for p in table.get("partitions", ()) if p in now.get("partitions", ())]
    if seen and all(table.get(key) == now.get(key) for key in ("use", "seed")):
        warnings.warn(f"{model}: was trained on {', '.join(seen)} of these faces", stacklevel=2)
    mask = recipe.tables["mask"].dump()
    knows = any(
        all(known.get(key, value) == value for key, value in mask.items())
        for known in editor.header.masks
    )
    if not knows and not editor.header.whole_image:
        warnings.warn(f"{model}: was trained with another mask than these", stacklevel=2)


# Figures


def _measured(editor: Editor, ground: Ground, show: Show | None) -> dict[str, Any]:
    """All figures of one model."""
    asked = ground.asked(editor.header.attributes)
    found = _report(editor.complete, asked, ground, show)
    edit = _one(editor.complete, asked, ground)
    _, operations = counted(edit)
    return _figures(found) | {
        "parameters": parameters(editor.model),
        "multiply_adds": operations // 2,
        "milliseconds": _milliseconds(edit),
    }


def _report(
    edit: Editing, asked: Attributes, ground: Ground, show: Show | None = None
) -> dict[str, Any]:
    """The report, but that the mean transfer is over what can be switched, if anything can be."""
    truth = truth_of(ground.data, ground.recipe.regions)
    eyes = ground.eyes
    measuring = measure(
        edit, ground.pairs(asked), truth, show, asked, eyes.features, eyes.recogniser
    )
    found = measuring.result(ground.seed)
    over = [name for name in asked.judged if name in asked.switches or not asked.switches]
    if over:
        names = [("attributes", "transfer", name) for name in over]
        found["attributes"]["transfer"]["mean"] = measuring.mean(names, ground.seed).as_dict()
    elif asked.judged:
        del found["attributes"]["transfer"]["mean"]  # nobody can judge its switches
    return found | {"over": over}


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a row, out of a report."""
    figures = {name: dig(found, path) for name, path in FIGURES.items()}
    each = {name: dig(found, path) for name, path in BY_ATTRIBUTE.items()}
    each = {n: {k: f for k, f in by.items() if k != "mean"} for n, by in each.items() if by}
    known = {name: _range(figure) for name, figure in figures.items() if figure is not None}
    return {"over": found["over"]} | known | {"attributes": each}


def _range(figure: Any) -> dict[str, float | None]:
    """A figure with its range, which a Fréchet distance has not got."""
    return figure if isinstance(figure, dict) else Estimate(figure).as_dict()


def _editing(draw: Callable[[Faces, Faces], Tensor]) -> Editing:
    """A baseline as an editor that has no switches."""
    return lambda source, exemplar, _: Edit(source, exemplar, None, draw(source, exemplar))


def _baseline_cost(draw: Callable[[Faces, Faces], Tensor], ground: Ground) -> dict[str, Any]:
    """No weights; and what is counted in networks is not what baselines spend."""
    edit = _one(_editing(draw), ground.asked(()), ground)
    return {"parameters": 0, "multiply_adds": None, "milliseconds": _milliseconds(edit)}


def _one(edit: Editing, asked: Attributes, ground: Ground) -> Callable[[], Edit]:
    """The edit of the first source alone, to be timed."""
    source, exemplar, _ = next(ground.pairs(asked, 1))
    wanted = asked.wanted(exemplar)
    return lambda: edit(source, exemplar, wanted)


@torch.no_grad()
def _milliseconds(edit: Callable[[], Edit]) -> dict[str, float | None]:
    """The median of many edits, between the quartiles."""
    for _ in range(WARM):
        edit()
    times = []
    for _ in range(TIMED):
        start = perf_counter()
        edit()  # an accelerator is done when the image is back
        times.append(1_000 * (perf_counter() - start))
    return quartiles(times).as_dict()


# The contact sheet

_Shown = tuple[str, Faces, Faces, Edit, Tensor | None]
"""A row's name, and its first batch."""


def _keep(shown: list[_Shown], name: str) -> Show:
    return lambda *batch: shown.append((name, *batch))


def _columns(shown: Sequence[_Shown]) -> Columns:
    """Source, exemplar, one column per row, and the truth where it is known."""
    _, source, exemplar, _, truth = shown[0]
    columns = [("source", source.image), ("exemplar", exemplar.image)]
    columns += [(name, edit.image) for name, _, _, edit, _ in shown]
    return columns if truth is None else [*columns, ("truth", truth)]
