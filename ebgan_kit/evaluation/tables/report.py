"""A report to read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ebgan_kit.evaluation.estimate import dig, text_of
from ebgan_kit.terminal.tables import bold, figure_table

CONTROL = "stranger"
"""The row that is no contender: the edit made from some other face's code."""


def table(report: Mapping) -> Group:
    """Tables for rich to print: quality inside the region, what happens at its edge, attributes,
    and how edits compare with untouched faces, as far as each was measured.

    `report` is what `ebgan_kit.evaluation.metrics.report.report` returns, or the same read back
    from JSON. The best of the truth's rows is bold, the control aside.
    """
    tables = [_quality(report), _edge(report), *_looks(report), *_attributes(report)]
    tables += [_realism(report["realism"])] if "realism" in report else []
    tables += [_identity(report["identity"])] if "identity" in report else []
    return Group(*tables, *reasons(report))


def reasons(report: Mapping) -> list[Text]:
    """Return a sentence per figure that is missing from a report or a comparison."""
    return [Text(sentence) for sentence in report.get("not_measured", {}).values()]


def _quality(report: Mapping) -> Table:
    title = f"Inside the region, {report['count']} pairs, with 95% intervals"
    result = figure_table(title, "PSNR, dB", "SSIM", names=("against", ""))
    for part in ("truth", "reconstruction"):
        if part in report:
            _add_part(result, part, report[part])
    return result


def _add_part(result: Table, part: str, figures: Mapping) -> None:
    best = {quality: _best(by_name) for quality, by_name in figures.items()}
    for number, name in enumerate(figures["psnr"]):
        cells = []
        for quality, form in (("psnr", ".2f"), ("ssim", ".3f")):
            if name not in figures[quality]:
                continue
            text = text_of(figures[quality][name], form)
            is_bold = part == "truth" and name == best[quality]
            cells.append(bold(text, is_bold))
        target = {"truth": "truth", "reconstruction": "source"}[part]
        label = f"{name} (control)" if name == CONTROL else name.replace("_", ": ")
        result.add_row("" if number else target, label, *cells)
    result.add_section()


def _best(by_name: Mapping) -> str | None:
    """The name with the highest value, the control aside; None where nothing was measured."""
    known = {
        name: figure["value"]
        for name, figure in by_name.items()
        if name != CONTROL and not name.startswith("filtered") and figure["value"] is not None
    }
    return max(known, key=known.__getitem__, default=None)


def _edge(report: Mapping) -> Table:
    result = figure_table("At the region's edge and outside it", "", show_header=False)
    result.add_row("step across the edge, edits (of 255)", text_of(report["seam"]["edit"], ".2f"))
    result.add_row("the same places, untouched", text_of(report["seam"]["real"], ".2f"))
    result.add_row("pixels changed outside", str(report["outside"]["changed_pixels"]))
    result.add_row("drawn outside, not shown (of 255)", text_of(report["outside"]["drawn"], ".2f"))
    if report.get("whole_image"):
        result.add_row("the model edits the whole image", "shown inside the region")
    return result


def _looks(report: Mapping) -> list[Table]:
    """Is an edit sharp, in the source's skin, and its exemplar's?

    A report of an earlier version has neither.
    """
    if "skin" not in report:
        return []
    result = figure_table("Sharpness and skin inside the region", "edits", "untouched", "truth")
    energy, skin = report["sharpness"], report["skin"]
    known = [text_of(energy[name], ".0f") for name in ("edit", "real", "truth") if name in energy]
    result.add_row("gradient energy", *known)
    step = [text_of(skin[name], ".1f") for name in ("edit", "real")]
    result.add_row("skin step, of 255", *step)
    return [result, _likeness(report["likeness"])]


def _likeness(likeness: Mapping) -> Table:
    """Whom the regions of edits are like."""
    result = figure_table(f"Is it the exemplar's? By {likeness['features']}", "edits")
    for name in ("exemplar", "source", "stranger"):
        result.add_row(f"cosine with the {name}", text_of(likeness[name], ".2f"))
    for name in ("source", "stranger"):
        figure = text_of(likeness[f"nearer_than_{name}"], ".2f")
        result.add_row(f"share nearer to the exemplar than to the {name}", figure)
    return result


def _shares(title: str, columns: Mapping[str, Mapping | None]) -> list[Table]:
    """A table of figures per attribute, or none where nothing was measured."""
    known = {name: figures for name, figures in columns.items() if figures is not None}
    if not known:
        return []
    result = figure_table(title, *known)
    for name in next(iter(known.values())):
        cells = [text_of(f[name], ".2f") if name in f else "" for f in known.values()]
        result.add_row(name, *cells, style="bold" if name == "mean" else "")
    return [result]


def _attributes(report: Mapping) -> list[Table]:
    """By the judge and by the truth: does an attribute pass, does it leak."""
    columns = {name: dig(report, f"attributes.{name}") for name in ("transfer", "leak")}
    found = _shares("By the judge, where the exemplar has it and the source has not", columns)
    columns = {
        "found in those sources": dig(report, "attributes.untouched"),
        "balanced accuracy": dig(report, "attributes.judge.balanced"),
    }
    found += _shares("The judge on untouched faces", columns)
    columns = {"imposed": dig(report, "attributes.imposed")}
    found += _shares("Switched on where neither has it", columns)
    crosstalk = dig(report, "attributes.crosstalk")
    found += [] if crosstalk is None else [_crosstalk(crosstalk)]
    columns = {name: dig(report, f"truth.{name}") for name in ("transfer", "leak")}
    return found + _shares("By the truth", columns)


def _crosstalk(figures: Mapping) -> Table:
    """Row by column: how often switching the one off changes the verdict on the other."""
    names = [name for name in figures if name != "mean"]
    numbers = [str(number) for number in range(1, len(names) + 1)]
    title = "Switching off a row's attribute changes the verdict on a column's"
    result = figure_table(title, names=("", *numbers))
    for number, name in zip(numbers, names, strict=True):
        known = figures[name]
        cells = [f"{known[other]['value']:.2f}" if other in known else "" for other in names]
        result.add_row(f"{number} {name}", *cells)
    return result


def _realism(realism: Mapping) -> Table:
    """Edits against untouched faces, and beside them untouched faces against each other."""
    title = f"Is it a face? By {realism['features']}, {realism['count']} a side"
    result = figure_table(title, "edits", "two untouched halves (control)")
    for name, edit in realism["edit"].items():
        cells = (bare(figure) for figure in (edit, realism["untouched"][name]))
        result.add_row(name.replace("_", " "), *cells)
    return result


def bare(figure: Mapping | float | None) -> str:
    """Say a distance between sets of faces, without a range."""
    value = figure["value"] if isinstance(figure, Mapping) else figure
    return "not measured" if value is None else f"{value:.3g}"


def _identity(identity: Mapping) -> Table:
    """How alike edits are to their sources and exemplars, and beside it these to each other."""
    title = f"Is it one person? By {identity['recogniser']}"
    if "threshold" not in identity:
        result = figure_table(title, "cosine")
        for name, label in LIKENESS.items():
            result.add_row(label, text_of(identity[name], ".2f"))
        return result
    threshold = identity["threshold"]
    result = figure_table(
        title, "distance", f"below {threshold}", caption=wrong(identity), caption_justify="left"
    )
    for name, label in LIKENESS.items():
        cells = (text_of(identity[part][name], ".2f") for part in ("distance", "below"))
        result.add_row(label, *cells)
    return result


def wrong(identity: Mapping) -> str:
    """Say how often the threshold is wrong about untouched faces; empty where nobody knows."""
    if "errors" not in identity:
        return ""
    same, different = (
        text_of(identity["errors"][name], ".3f") for name in ("same_above", "different_below")
    )
    return (
        f"Of two untouched photographs of one person {same} are not below {identity['threshold']}, "
        f"of two people {different} are."
    )


LIKENESS = {
    "edit": "edit and source",
    "exemplar": "edit and exemplar",
    "pair": "source and exemplar (control)",
}
