"""A report to read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table

CONTROL = "stranger"
"""The row that is no contender: the edit made from some other face's code."""


def table(report: Mapping) -> Group:
    """Two tables for rich to print: quality inside the region, and what happens at its edge.

    `report` is what `ebgan_kit.report.report` returns, or the same read back from JSON. The best of
    the truth's rows is bold, the control aside.
    """
    return Group(_quality(report), _edge(report))


def _quality(report: Mapping) -> Table:
    title = f"Inside the region, {report['count']} pairs, with 95% intervals"
    result = Table("against", "", title=title, box=SIMPLE, pad_edge=False)
    result.add_column("PSNR, dB", justify="right")
    result.add_column("SSIM", justify="right")
    for part in ("truth", "reconstruction"):
        if part in report:
            _add_part(result, part, report[part])
    return result


def _add_part(result: Table, part: str, figures: Mapping) -> None:
    best = {quality: _best(by_name) for quality, by_name in figures.items()}
    for number, name in enumerate(figures["psnr"]):
        cells = []
        for quality, digits in (("psnr", 2), ("ssim", 3)):
            text = _text(figures[quality][name], digits)
            is_bold = part == "truth" and name == best[quality]
            cells.append(f"[bold]{text}[/bold]" if is_bold else text)
        target = {"truth": "truth", "reconstruction": "source"}[part]
        label = f"{name} (control)" if name == CONTROL else name
        result.add_row("" if number else target, label, *cells)
    result.add_section()


def _best(by_name: Mapping) -> str | None:
    """The name with the highest value, the control aside; None where nothing was measured."""
    known = {
        name: figure["value"]
        for name, figure in by_name.items()
        if name != CONTROL and figure["value"] is not None
    }
    return max(known, key=known.__getitem__, default=None)


def _edge(report: Mapping) -> Table:
    result = Table("", title="At the region's edge and outside it", box=SIMPLE, show_header=False)
    result.add_column(justify="right")
    result.add_row("step across the edge, edits (of 255)", _text(report["seam"]["edit"], 2))
    result.add_row("the same places, untouched", _text(report["seam"]["real"], 2))
    result.add_row("pixels changed outside", str(report["outside"]["changed_pixels"]))
    return result


def _text(figure: Mapping, digits: int) -> str:
    if figure["value"] is None:
        return "not measured"
    value, low, high = (f"{figure[end]:.{digits}f}" for end in ("value", "low", "high"))
    return f"{value} ({low}, {high})"
