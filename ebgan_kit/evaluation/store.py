"""What was measured of a model, kept beside its file; reading it takes no torch."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ebgan_kit.evaluation.estimate import dig, text_of
from ebgan_kit.modelfile.file import ModelFile

NAME = "evaluation.json"
SHEET = "evaluation.png"

_OTHER_FIELDS = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


def beside(model: ModelFile, name: str) -> Path:
    """Where a file about a model goes: to its folder, or to this one for a model on the Hub."""
    return model.path.with_name(name) if model.is_here else Path(name)


def read(model: ModelFile | Path) -> Mapping[str, Any] | None:
    """The report beside a model file; None where there is none, or one of another model.

    It warns of a file that is no report of this version of the kit, and takes it for none.
    """
    file = ModelFile.open(model)
    path = file.path.with_name(NAME)
    if not os.path.isfile(path):
        return None
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["model"] != file.sha256:
            return None
        _show(report)
        return report
    except (OSError, *_OTHER_FIELDS, RecursionError):
        warnings.warn(
            f"{path}: is no report that this version of the kit reads, so that the model counts as "
            "not measured; ebgan-kit evaluate measures it",
            stacklevel=2,
        )
        return None


def _show(report: Mapping[str, Any]) -> list[Any]:
    """All that others show of a report; one of `_OTHER_FIELDS` where it has not got it."""
    return [f"{report['count']:,}", *rows(report)]


def rows(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is worth a line of a report, and its figure with its 95% interval."""
    for part, name, against in (
        ("truth", "edit", "the edit, against the true edit"),
        ("truth", "unchanged", "the source unchanged, against the true edit"),
        ("truth", "poisson", "Poisson-blended, against the true edit"),
        ("reconstruction", "own", "a face from its own code, against itself"),
        ("reconstruction", "stranger", "a face from a stranger's code, against itself"),
    ):
        for quality, unit, form in (("psnr", "PSNR, dB", ".2f"), ("ssim", "SSIM", ".3f")):
            figure = dig(report, f"{part}.{quality}.{name}")
            if figure is not None:
                yield f"{against}: {unit}", text_of(figure, form)
    for by, figures in (("the judge", "attributes"), ("the truth", "truth")):
        for name in ("transfer", "leak"):
            mean = dig(report, f"{figures}.{name}.mean")
            if mean is not None:
                yield f"attributes by {by}: {name}", text_of(mean, ".2f")
    yield "step across the region's edge, of 255", text_of(report["seam"]["edit"], ".2f")
    yield "the same places untouched", text_of(report["seam"]["real"], ".2f")
    yield "pixels changed outside the region", str(report["outside"]["changed_pixels"])
    for path, label, form in (
        ("sharpness.edit", "gradient energy inside the region", ".0f"),
        ("sharpness.real", "the same of untouched faces", ".0f"),
        ("likeness.nearer_than_source", "share nearer to the exemplar than to the source", ".2f"),
        ("likeness.nearer_than_stranger", "share nearer to it than to a stranger", ".2f"),
        ("identity.distance.edit", "distance of edit and source to a recogniser", ".2f"),
        ("identity.distance.pair", "distance of source and exemplar to it", ".2f"),
        ("identity.below.edit", "share of edits that it takes for the source's person", ".2f"),
    ):
        figure = dig(report, path)
        if figure is not None:
            yield label, text_of(figure, form)
