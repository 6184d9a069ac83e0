"""Keys of a recipe that are set on the command line: `table.key=value`."""

from __future__ import annotations

import json
import tomllib
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from ebgan_kit.errors import UsageError, unknown
from ebgan_kit.files.names import legible
from ebgan_kit.recipe.grammar import TABLES, words_of
from ebgan_kit.registry.part import KINDS, Part
from ebgan_kit.registry.plugins import registry
from ebgan_kit.registry.was import old_names


def override(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The document with `place.key=value` set; a new `use` comes first: it changes the keys."""
    changed = json.loads(json.dumps(document, default=str))
    pairs = [_pair(text) for text in overrides]
    for path, value in sorted(pairs, key=lambda pair: pair[0][-1] != "use"):
        table = changed
        for step in path[:-1]:
            table = table.setdefault(step, {})
            if not isinstance(table, dict):
                sentence = f"{'.'.join(path)}={value}: '{step}' is a key, not a table"
                raise UsageError(sentence, key=step)
        if path[-1] == "use" and len(path) > 1:
            _swap(table, path[:-1], str(value))
        else:
            table[path[-1]] = _listed(path, table, value)
    return changed


def _pair(text: str) -> tuple[list[str], Any]:
    if legible(text) != text:  # undecodable bytes of an argument
        shown = text.encode("utf-8", "backslashreplace").decode()
        raise UsageError(f"{shown}: is no UTF-8 text: rename the file, or make a link to it")
    path, equals, value = text.partition("=")
    steps = path.strip().split(".")
    if not equals or not all(steps):
        raise UsageError(f"'{text}' is not an override: write table.key=value")
    if len(steps) > 1 and steps[0] not in (*KINDS, "train"):
        sentence = f"{text}: no table is called [{steps[0]}]"
        raise unknown(sentence, steps[0], TABLES, place=steps[0])
    return steps, _value(value)


def _value(text: str) -> Any:
    """Read the text as TOML, or take it as it is if it is not TOML."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:  # tomllib's own, and int's for a number of very many digits
        return text


def _listed(path: list[str], table: Mapping[str, Any], value: Any) -> Any:
    """`train,valid` as a list, where the key takes one."""
    if len(path) == 1 or not isinstance(value, str):
        return value
    part = _offered(path[0], str(table.get("use", path[-2])))
    if part is None:
        return value
    field = part.keys.model_fields.get(old_names(part.keys).get(path[-1], path[-1]))
    if field is None:
        return value
    listed = typing.get_origin(field.annotation) in (tuple, list)
    return [_value(text.strip()) for text in value.split(",")] if listed else value


def _offered(kind: str, use: str) -> Part | None:
    """The part, or None: whoever checks the table afterwards says what is wrong with its name."""
    try:
        part = registry().find(kind, use) if kind in KINDS else None
        if part is not None:
            part.load()
        return part
    except UsageError:
        return None


def _swap(table: dict[str, Any], place: list[str], use: str) -> None:
    """Put another part into a table: keys that it does not know go with the part they were for."""
    part = _offered(place[0], use)
    if part is not None:
        known = {*part.keys.model_fields, *old_names(part.keys), *words_of(place[0]).model_fields}
        for key in set(table) - known:
            del table[key]
    table["use"] = use
