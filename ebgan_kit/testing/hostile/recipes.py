"""Hostile recipes, and hostile words that set their keys otherwise."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random
from typing import Any

import tomli_w

from ebgan_kit.registry.plugins import registry
from ebgan_kit.testing.hostile import damage, values
from ebgan_kit.testing.hostile.command import Command, kit

SHORT = ("train.images=8", "train.batch=4", "train.compile=false", "train.workers=0")
"""No run takes longer for what its recipe says."""


def recipes(chance: Random, sound: Path) -> Command:
    """Mutate a recipe, and check it, train it or pack its faces."""
    text = (sound / chance.choice(("tiny.toml", "switches.toml"))).read_text()
    Path("recipe.toml").write_bytes(_hostile(text, chance))
    words = _overrides(chance) if chance.random() < 0.3 else []
    way = chance.random()
    if way < 0.75:
        return kit("check", "recipe.toml", *words)
    if way < 0.95:
        return kit("run", "recipe.toml", *words, *SHORT)
    return kit("pack", "recipe.toml", "-o", "packed.safetensors", *words)


def _hostile(text: str, chance: Random) -> bytes:
    way = chance.random()
    if way < 0.2:
        return damage.damaged(text.encode(), chance)
    document = tomllib.loads(text)
    if way < 0.6:
        document = values.disturbed(document, chance)
    else:
        _other_part(document, chance)
    return _as_toml(document, chance)


def _other_part(document: dict[str, Any], chance: Random) -> None:
    """Put another part into a table, with hostile values for some of its keys."""
    place = chance.choice([*document, "augment", "pairing", "optimizer", "schedule", "watch"])
    kind = place if place in registry().parts else "data"
    use = chance.choice(list(registry().parts[kind]))
    table = {"use": use} | {
        key: values.value(chance) for key in _keys(kind, use) if chance.random() < 0.3
    }
    side = {"augment": "faces", "optimizer": "model", "schedule": "model"}.get(kind)
    side = use if kind in ("loss", "watch") else side
    document[kind] = {side: table} if side else table


def _keys(kind: str, use: str) -> list[str]:
    return list(registry().find(kind, use).keys.model_fields)


def _as_toml(document: Any, chance: Random) -> bytes:
    if not isinstance(document, dict):
        document = {"name": document}
    try:
        text = tomli_w.dumps(document)
        text.encode()
    except (TypeError, ValueError):  # TOML has no such value: JSON's way to write it is wrong, too
        text = values.as_json(document, chance)
    way = chance.random()
    if way < 0.03:
        text += f"a = {'[' * 50_000}"
    elif way < 0.06:
        text = text.replace("4", "4" * 5_000, 1)
    elif way < 0.08:
        text = ".".join("a" * 5_000) + " = 1\n" + text
    return text.encode("utf-8", "surrogatepass")


def _overrides(chance: Random) -> list[str]:
    """Overrides with a hostile key or value; a word of a command line has no NUL."""
    places = ("data.size", "data.count", "name", "model.use", "loss.cycle.weight", "train.batch")
    place = chance.choice((*places, chance.choice(values.TEXTS)))
    value = chance.choice((str(values.value(chance)), chance.choice(values.TEXTS)))
    return [as_word(f"{place}={value}"[:10_000])]


def as_word(text: str) -> str:
    """Return the text as a command line can give it."""
    encoded = text.replace("\0", "").encode("utf-8", "surrogatepass")
    return encoded.decode("utf-8", "surrogateescape")
