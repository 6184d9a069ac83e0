"""A comparison of editors to read in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ebgan_kit.evaluation.estimate import text_of
from ebgan_kit.evaluation.tables.report import bare, reasons, wrong
from ebgan_kit.terminal.tables import bold, figure_table

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A figure of every row."""

    title: str
    key: str
    digits: int
    best: Callable[[Iterable[float]], float] | None
    """Which value is bold: `max` or `min`; None where who does nothing would win."""
    by_switch: bool = False
    """Whether one without switches has no such figure."""
    by_network: bool = False
    """Whether a baseline is exact here by what it is, and so no contender."""
    has_range: bool = True
    """Whether its cells say a range."""


EDITING = (
    Column("transfer", "transfer", 2, max),
    Column("leak", "leak", 2, min, by_switch=True),
)
SWITCHING = (
    Column("effect: transfer\nless leak", "effect", 2, max, by_switch=True),
    Column("crosstalk", "crosstalk", 2, min, by_switch=True),
)
FIDELITY = (
    Column("against the truth,\nPSNR in dB", "truth_psnr", 2, max),
    Column("rebuilt source,\nPSNR in dB", "reconstruction_psnr", 2, max, by_network=True),
    Column("drawn outside,\nof 255", "outside", 1, min, by_network=True),
)
LOOKS = (
    Column("against the\ntruth, SSIM", "truth_ssim", 2, max),
    Column("gradient energy", "sharpness", 0, None),
    Column("step to the skin\naround, of 255", "skin", 1, None),
)
LIKENESS = (
    Column("cosine with\nthe exemplar", "likeness", 2, None),
    Column("nearer to it than\nto the source", "nearer_than_source", 2, None),
    Column("nearer to it than\nto a stranger", "nearer_than_stranger", 2, None),
)
IDENTITY = (
    Column("from the source,\ndistance", "identity_distance", 2, None),
    Column("one person\nwith it, share", "identity_below", 2, None),
    Column("from the exemplar,\ndistance", "exemplar_distance", 2, None),
    Column("likeness to the source,\ncosine", "identity", 2, None),
)
REALISM = (
    Column("FID", "fid", 3, None, has_range=False),
    Column("KID", "kid", 4, None),
    Column("Fréchet distance", "frechet_distance", 3, None, has_range=False),
    Column("kernel distance", "kernel_distance", 4, None),
)

CONTROL = "untouched (control)"

INTERVALS = "In brackets 95% intervals; of several seeds the lowest and the highest."


def comparison(found: Mapping[str, Any]) -> Group:
    """Tables of models for rich to print: editing, where somebody judged it; fidelity; cost.

    `found` is what `ebgan_kit.evaluation.compare.compare` returns, or the same read back from JSON.
    The best of each column is bold; of what costs something nothing is.
    """
    rows, pairs = found["rows"], f"{found['count']} pairs"
    tables = [_figures(f"Fidelity inside the region, {pairs}", rows, FIDELITY, INTERVALS)]
    if found["judge"] is not None:
        title = f"Editing by attributes, {pairs}"
        tables.insert(0, _figures(title, rows, EDITING, _on_judge(found)))
        if any(column.key in row for row in rows for column in SWITCHING):
            title = "What switching an attribute off changes"
            tables.insert(1, _figures(title, rows, SWITCHING, INTERVALS))
    if "looks" in found:  # none has a comparison of an earlier version
        tables += _looks(found)
    if "identity" in found:
        tables.append(_identity(found))
    if "realism" in found:
        tables.append(_realism(found))
    return Group(*tables, _cost(found), *reasons(found))


def _on_judge(found: Mapping[str, Any]) -> str:
    """Who judged, how well, and over which attributes where these are not the same for all."""
    judge, mean = found["judge"], found["judge"]["balanced"].get("mean")
    text = f"By the judge {judge['name']}"
    if mean is not None and mean["value"] is not None:
        text += f", balanced accuracy on the sources {mean['value']:.2f}"
    names: dict[tuple[str, ...], list[str]] = {}
    for row in found["rows"]:
        names.setdefault(tuple(sorted(row["over"])), []).append(row["name"])
    if len(names) == 1:
        return f"{text}. {INTERVALS}"
    each = "; ".join(f"{', '.join(n)}: {', '.join(over) or 'none'}" for over, n in names.items())
    return f"{text}. {INTERVALS} Means over different attributes: {each}."


def _figures(title: str, rows: Sequence[Row], columns: Sequence[Column], caption: str) -> Table:
    shown = [column for column in columns if any(column.key in row for row in rows)]
    result = _table(title, [column.title for column in shown], caption)
    best = {column.key: _best(rows, column) for column in shown}
    for part in _models_and_baselines(rows):
        for row in part:
            result.add_row(_label(row), *(_cell(row, column, best[column.key]) for column in shown))
        result.add_section()
    return result


def _looks(found: Mapping[str, Any]) -> Iterator[Table]:
    """Is an edit sharp and in the source's skin, as a control the sources; is it its exemplar's."""
    looks, rows = found["looks"], found["rows"]
    result = _figures("Sharpness and skin inside the region", rows, LOOKS, INTERVALS)
    known = [text_of(looks["sharpness"], ".0f"), text_of(looks["skin"], ".1f")]
    has_truth = any("truth_ssim" in row for row in rows)
    result.add_row(CONTROL, *([""] if has_truth else []), *known)
    yield result
    if "features" in looks:
        yield _figures(f"Is it the exemplar's? By {looks['features']}", rows, LIKENESS, INTERVALS)


def _identity(found: Mapping[str, Any]) -> Table:
    """Is it still the source's person; as a control the pairs themselves, untouched."""
    identity = found["identity"]
    title = f"Is it one person? By {identity['recogniser']}"
    caption = f"Control: source and exemplar. {wrong(identity)}"
    result = _figures(title, found["rows"], IDENTITY, caption)
    if "threshold" in identity:
        parts = [identity[part]["pair"] for part in ("distance", "below")]
    else:
        parts = [identity["pair"]]
    result.add_row(CONTROL, *(text_of(figure, ".2f") for figure in parts))
    return result


def _realism(found: Mapping[str, Any]) -> Table:
    """Edits against untouched faces; as a control untouched faces against each other."""
    realism = found["realism"]
    title = f"Is it a face? By {realism['features']}, {realism['count']} a side"
    caption = "Control: one half of the sources and the other."
    result = _figures(title, found["rows"], REALISM, caption)
    result.add_row(CONTROL, *map(bare, realism["untouched"].values()))
    return result


def _models_and_baselines(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    return [row for row in rows if row["models"]], [row for row in rows if not row["models"]]


def _table(title: str, columns: Sequence[str], caption: str = "") -> Table:
    return figure_table(
        title, *columns, caption=caption, caption_justify="left", padding=(0, 1, 0, 0)
    )


def _label(row: Row) -> str:
    seeds = f"\n{row['seeds']} seeds" if row["seeds"] > 1 else ""
    return row["name"] + seeds


def _contends(row: Row, column: Column) -> bool:
    is_exact = column.by_network and not row["models"]
    return not is_exact and column.key in row and row[column.key]["value"] is not None


def _best(rows: Sequence[Row], column: Column) -> float | None:
    if column.best is None:
        return None
    values = [row[column.key]["value"] for row in rows if _contends(row, column)]
    return column.best(values) if values else None


def _cell(row: Row, column: Column, best: float | None) -> str | Text:
    if column.by_network and not row["models"]:
        return "exact"
    if column.by_switch and not row["switches"]:
        return "no switch"
    if column.key not in row:
        return "not measured"
    if not column.has_range:
        return bare(row[column.key])
    text = text_of(row[column.key], f".{column.digits}f")
    return bold(text, best is not None and row[column.key]["value"] == best)


def _cost(found: Mapping[str, Any]) -> Table:
    columns = ["switches", "edits", "parameters", "multiply-\nadds, M", "ms"]
    result = _table(f"An edit of one face, on {found['device']}", columns)
    for part in _models_and_baselines(found["rows"]):
        for row in part:
            result.add_row(_label(row), *_costs(row))
        result.add_section()
    return result


def _costs(row: Row) -> Iterable[str]:
    operations = row["multiply_adds"]
    yield str(len(row["switches"]) or "none")
    yield "whole image" if row["whole_image"] else "region"
    yield f"{row['parameters']:,}"
    yield "not measured" if operations is None else f"{operations / 1e6:,.1f}"
    yield f"{row['milliseconds']['value']:.1f}"
