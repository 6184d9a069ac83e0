"""The table of a bench."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ebgan_kit.evaluation.estimate import Estimate, dig
from ebgan_kit.terminal.tables import listing

_LINES = (
    ("images per second", "images_per_second.kit", ",.1f"),
    ("  of its bare step", "images_per_second.bare", ",.1f"),
    ("  of plain code", "images_per_second.plain", ",.1f"),
    ("speed over the bare step", "speed_over.bare", ".3f"),
    ("speed over plain code", "speed_over.plain", ".2f"),
    ("milliseconds per step", "milliseconds", ",.1f"),
    ("share of the floor's speed", "floor_share", ".1%"),
    ("share waiting for data", "data_wait_share", ".1%"),
    ("peak memory, MiB", "peak_memory_mib", ",.0f"),
    ("seconds to the first step", "first_step_seconds", ".1f"),
    ("milliseconds per edit", "edit_milliseconds", ",.1f"),
    ("edits per second, eight at once", "edits_per_second", ",.1f"),
)


def speed(found: Mapping[str, Any]) -> Table:
    """A table of the figures of `bench`, with the range in which half of the measurements lie."""
    title = f"{found['recipe']}: batch {found['batch']}, {found['precision']}"
    columns = ("", "median", "half lie in")
    table = listing(*columns, title=title, title_justify="left", pad_edge=True)
    known = {
        **found,
        "milliseconds": _milli(found["seconds_a_step"]),
        "edit_milliseconds": _milli(found["edit_seconds"]),
    }
    for label, path, form in _LINES:
        figure = dig(known, path)
        if figure is not None:
            table.add_row(label, *Estimate.read(figure).cells(form))
    table.add_row("operations per image", f"{found['operations_an_image']:,.0f}")
    for name, figure in found["machine"].items():
        table.add_row(f"machine: {name.replace('_', ' ')}", *Estimate.read(figure).cells(",.0f"))
    return table


def _milli(figure: Mapping[str, float]) -> dict[str, float]:
    return {name: 1_000 * value for name, value in figure.items()}
