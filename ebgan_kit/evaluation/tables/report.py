"""A report to read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table

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
    tables = [_quality(report), _edge(report), *_attributes(report)]
    tables += [_sets(report)] if "realism" in report or "identity" in report else []
    return Group(*tables)


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


def _shares(title: str, columns: Mapping[str, Mapping | None]) -> list[Table]:
    """A table with a row an attribute and a column a figure, or none where nothing was measured."""
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
        "imposed": dig(report, "attributes.imposed"),
        "judge, balanced": dig(report, "attributes.judge.balanced"),
    }
    found += _shares("Switched on where neither has it; the judge on untouched faces", columns)
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


def _sets(report: Mapping) -> Table:
    """Edits against untouched faces, and whether it is the same person."""
    result = figure_table("Edits and untouched faces", names=("", ""), show_header=False)
    realism, identity = report.get("realism"), report.get("identity")
    if realism is not None:
        result.add_row("in the eyes of", f"{realism['features']}, {realism['count']} a side")
        for name in realism["edit"]:
            edit, untouched = realism["edit"][name], realism["untouched"][name]
            values = [v["value"] if isinstance(v, Mapping) else v for v in (edit, untouched)]
            texts = ["not measured" if v is None else f"{v:.3g}" for v in values]
            result.add_row(name.replace("_", " "), f"{texts[0]}; two untouched halves {texts[1]}")
    if identity is not None:
        result.add_row("likeness in the eyes of", identity["recogniser"])
        for name in ("edit", "exemplar", "pair"):
            result.add_row(_LIKENESS[name], text_of(identity[name], ".2f"))
    return result


_LIKENESS = {
    "edit": "edit and source",
    "exemplar": "edit and exemplar",
    "pair": "source and exemplar",
}
