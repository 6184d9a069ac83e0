"""A JSON Schema of recipes."""

from __future__ import annotations

import functools
from typing import Any

from ebgan_kit.recipe.grammar import MANY, REQUIRED, SIDES, SINGLE, Head, Train, words_of
from ebgan_kit.registry.plugins import registry


@functools.cache
def schema() -> dict[str, Any]:
    """A JSON Schema of recipes, for editors that complete and check TOML."""
    shared: dict[str, Any] = {}
    properties: dict[str, Any] = dict(Head.model_json_schema()["properties"])
    properties["train"] = Train.model_json_schema()
    for kind in SINGLE:
        properties[kind] = {"anyOf": _schemas(kind, None, shared)}
    for kind, sides in SIDES.items():
        properties[kind] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {side: {"anyOf": _schemas(kind, None, shared)} for side in sides},
        }
    for kind in MANY:
        named = {name: {"anyOf": _schemas(kind, name, shared)} for name in registry().parts[kind]}
        properties[kind] = {
            "type": "object",
            "properties": named,
            "additionalProperties": {"anyOf": _schemas(kind, None, shared)},
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of ebgan-kit",
        "type": "object",
        "properties": properties,
        "required": ["name", "train", *REQUIRED],
        "additionalProperties": False,
        "$defs": shared,
    }


def _schemas(kind: str, implied: str | None, shared: dict[str, Any]) -> list[dict[str, Any]]:
    """One schema a part of the kind; `implied` is the part that needs no `use`."""
    found = []
    for name, offers in registry().parts[kind].items():
        part = offers[0]
        shape = part.keys.model_json_schema()
        words = words_of(kind).model_json_schema()
        shared |= shape.pop("$defs", {}) | words.get("$defs", {})
        shape["properties"] = words["properties"] | shape.get("properties", {})
        shape["properties"]["use"] = {"const": name}
        shape["description"] = part.sentence
        if name != implied:
            shape["required"] = ["use", *shape.get("required", [])]
        found.append(shape)
    return found
