"""What the commands that list things print."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import tomli_w
from rich.console import Group, RenderableType
from rich.text import Text

from ebgan_kit.errors import UsageError, nearest
from ebgan_kit.evaluation import store as evaluation
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.registry.part import KINDS, Kind, Part
from ebgan_kit.sharing.card import DATA, UNKNOWN
from ebgan_kit.terminal.tables import bold, listing

if TYPE_CHECKING:
    from ebgan_kit.images.face import Face


def plugins(own: Collection[str]) -> RenderableType:
    """Installed plugins and their commands with their versions; none is imported.

    `own`: the names of the kit's commands, which no plugin's takes the place of.
    """
    from ebgan_kit.registry.installed import SKIP, commands, installed

    table = listing("plugin", "version", "of", "module", "")
    for plugin in installed():
        note = f"skipped by {SKIP}" if plugin.skipped else ""
        table.add_row(plugin.name, plugin.version, plugin.distribution, plugin.entry.value, note)
    offered = commands()
    if not offered:
        return table
    more = listing("command", "version", "of", "function", "")
    for command in offered:
        note = "left out: the kit has one of that name" if command.name in own else ""
        note = f"skipped by {SKIP}" if command.skipped else note
        more.add_row(command.name, command.version, command.distribution, command.entry.value, note)
    return Group(table, Text(), more)


def parts(kind: str | None, name: str | None) -> RenderableType:
    """All parts, those of a kind, or one with its keys; UsageError for what there is not."""
    from ebgan_kit.registry.plugins import registry

    if kind is not None and kind not in KINDS:
        raise UsageError(f"no kind of part is called '{kind}'{nearest(kind, KINDS)}")
    if kind is not None and name is not None:
        return _part(registry().find(kind, name))
    table = listing("kind", "name", "what it is", "plugin", whole=("kind", "name"))
    for each in [kind] if kind else KINDS:
        for offers in registry().parts[each].values():
            for part in offers:
                table.add_row(each, part.name, part.sentence, part.owner)
    return Group(table, Text(), Text(_called(KINDS[kind]))) if kind else table


def _called(kind: Kind) -> str:
    takes = ", ".join(kind.takes) or "nothing"
    return f"The kit {'makes' if kind.made else 'calls'} each with ({takes}) and its keys."


def _part(part: Part) -> RenderableType:
    title = Text(f"{part.kind.name} {part.name}", style="bold")
    table = listing("key", "type", "default", whole=("key",))
    for key, field in part.keys.model_fields.items():
        default = "required" if field.is_required() else repr(field.default)
        table.add_row(key, type_of(part, key), default)
    body: list[RenderableType] = [title, Text(f"from plugin {part.owner}\n")]
    body.append(Text(inspect.getdoc(part.make) or "") if part.make.__doc__ else Text("(no docs)"))
    return Group(*body, Text(), table if part.keys.model_fields else Text("It has no keys."))


def type_of(part: Part, key: str) -> str:
    """A key's type and bounds as a person reads them, such as "number, at least 0"."""
    schema = part.keys.model_json_schema()
    return _type(schema["properties"][key], schema.get("$defs", {}))


def _type(shape: dict[str, Any], named: dict[str, Any]) -> str:
    if "$ref" in shape:
        return shape["$ref"].rpartition("/")[2]
    if "enum" in shape:
        return " or ".join(f'"{value}"' for value in shape["enum"])
    if "anyOf" in shape:
        return " or ".join(_type(s, named) for s in shape["anyOf"] if s.get("type") != "null")
    words = {"string": "text", "boolean": "true or false", "array": "list", "object": "table"}
    said = words.get(shape.get("type", ""), shape.get("type", "anything"))
    if shape.get("type") == "array" and "items" in shape:
        said = f"list of {_type(shape['items'], named)}"
    return said + "".join(
        f", {phrase} {shape[bound]}"
        for bound, phrase in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if bound in shape
    )


def attributes(opinions: Mapping[str, Mapping[str, float]]) -> RenderableType:
    """A table of attributes and faces: how sure a classifier is, bold what it finds."""
    table = listing("attribute", *opinions)
    for name in next(iter(opinions.values())):
        cells = (opinion[name] for opinion in opinions.values())
        table.add_row(name, *(bold(f"{p:.0%}", p > 0.5) for p in cells))
    return table


def faces(found: Sequence[Face]) -> RenderableType:
    """A table of faces, the largest first: where each is in the upright photograph."""
    table = listing("face", "box", "eyes", "sure", "")
    for number, face in enumerate(found, start=1):
        box, eyes = (",".join(f"{n:.0f}" for n in numbers) for numbers in (face.box, face.eyes))
        note = "from the side" if face.from_the_side else ""
        table.add_row(str(number), box, eyes, f"{face.score:.0%}", note)
    return table


def facts(file: ModelFile) -> dict[str, Any]:
    """All of a model file's header, its fingerprint, and what was measured of it."""
    header = file.header
    about = {"sha256": file.sha256, "sentence": header.sentence, "data": header.data}
    return about | asdict(header) | {"figures": evaluation.read(file)}


def header(file: ModelFile) -> RenderableType:
    """A model file's header: a sentence, a few facts, what was measured, and the recipe."""
    header = file.header
    facts, figures = listing("", ""), listing("what was measured", "95% interval")
    rows = {
        "file": f"{file.path} ({file.path.stat().st_size / 2**20:.1f} MiB)",
        "attributes": ", ".join(header.attributes) or "none",
        "pixels": header.normalisation,
        "mask": header.mask,
        "plugins": ", ".join(f"{name} {version}" for name, version in header.plugins.items()),
        "data": DATA.get(header.data, UNKNOWN)[1],
        "weights of others": ", ".join(f"{k}: {v}" for k, v in header.licences.items()) or "none",
        "written by": f"ebgan-kit {header.kit}",
    }
    for name, value in rows.items():
        facts.add_row(name, value)
    report = evaluation.read(file)
    for name, value in evaluation.rows(report) if report else ():
        figures.add_row(name, value)
    measured = figures if report else Text("not measured yet: ebgan-kit evaluate does")
    head = Text(f"{header.sentence}\n\nSHA-256 {file.sha256}")
    recipe = Text(tomli_w.dumps(dict(header.recipe)).rstrip())
    return Group(head, facts, Text(), measured, Text(), recipe)
