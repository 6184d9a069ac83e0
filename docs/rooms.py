"""The rooms of the package, from its imports and from the contract that the linter keeps."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
CELL, LEFT, TOP = 26, 96, 90
"""Pixels: the side of a cell, and the margins that hold names."""


def layers() -> list[str]:
    """The linter's layers, importers first; ` | ` stands between rooms of one layer."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    return next(c["layers"] for c in contracts if c["type"] == "layers")


def rooms() -> list[str]:
    """The rooms and the files beside them, in the linter's order."""
    return re.findall(r"\w+", " ".join(layers()))


def imports() -> Counter[tuple[str, str]]:
    """Count the imports between modules of two rooms: (room, room that it imports) → number."""
    import grimp

    graph = grimp.build_graph("ebgan_kit", exclude_type_checking_imports=True, cache_dir=None)
    found: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = _room(module), _room(imported)
            found[pair] += pair[0] != pair[1] and set(pair) <= set(rooms())
    return +found


def _room(module: str) -> str:
    """Return `training` of `ebgan_kit.training.step`."""
    return f"{module}.".split(".")[1]


def order() -> str:
    """Write the layers as a block of text."""
    return "```text\n" + "\n".join(layers()) + "\n```"


def picture() -> str:
    """Draw an SVG: a row per room, and a dot under each room that it imports."""
    names = rooms()
    side = CELL * len(names)
    shapes = []
    for place, name in enumerate(names):
        middle = CELL * (place + 0.5)
        x, y = LEFT + middle, TOP + middle
        shapes += [
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{name}</text>',
            f'<text transform="translate({x + 4} {TOP - 8}) rotate(-60)">{name}</text>',
            f'<path d="M{LEFT} {y}h{side}M{x} {TOP}v{side}" stroke="currentColor" opacity=".12"/>',
            f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" opacity=".4"/>',
        ]
    for (importer, imported), count in sorted(imports().items()):
        x, y = (CELL * (names.index(name) + 0.5) for name in (imported, importer))
        radius = min(2 + count**0.5, CELL / 2)
        shapes.append(
            f'<circle cx="{LEFT + x}" cy="{TOP + y}" r="{radius:.1f}" fill="#5c6bc0">'
            f"<title>{importer} imports {imported}: {count}</title></circle>"
        )
    size = f'viewBox="0 0 {LEFT + side + 40} {TOP + side}"'
    style = 'fill="currentColor" font-size="13" style="max-width: 640px"'
    return f"<div><svg {size} {style}>\n" + "\n".join(shapes) + "\n</svg></div>"
