"""Hostile documents of saved edits."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

from ebgan_kit.testing.hostile import damage, values
from ebgan_kit.testing.hostile.command import Command, kit
from ebgan_kit.testing.hostile.pictures import picture
from ebgan_kit.testing.hostile.sound import take


def documents(chance: Random, sound: Path) -> Command:
    """Mutate the document of an edit, and make the edit again."""
    take(sound, "tiny.safetensors", "a.png", "b.jpg", "mask.png")
    content = (sound / "edit.json").read_bytes()
    Path("edit.json").write_bytes(_hostile(content, chance))
    output = ("-o", "again.png") if chance.random() < 0.8 else ()
    return kit("edit", "--replay", "edit.json", *output)


def _hostile(content: bytes, chance: Random) -> bytes:
    way = chance.random()
    if way < 0.2:
        return damage.damaged(content, chance)
    document = json.loads(content)
    if way < 0.5:
        _bring_along(document, chance)
    else:
        document = values.disturbed(document, chance)
    return values.as_json(document, chance).encode("utf-8", "surrogatepass")


def _bring_along(document: dict[str, Any], chance: Random) -> None:
    """Hostile pictures in the document itself, and more of what it may say."""
    edit = document["edit"]
    change = edit["changes"][0]
    for place, name in ((edit, "source"), (change, "exemplar"), (change, "mask")):
        if chance.random() < 0.4:
            brought = picture(chance)
            digest = hashlib.sha256(brought).hexdigest()
            if chance.random() < 0.1:
                brought = chance.choice((b"", b"%%%", brought[:-1]))
            place[name] = {
                "name": chance.choice(("mask.png", *values.TEXTS)),
                "sha256": digest,
                "content": base64.b64encode(brought).decode(),
            }
    for key in ("eyes", "feather", "match_colours", "changes"):
        if chance.random() < 0.2:
            edit[key] = _said(key, edit, chance)
    if chance.random() < 0.2:
        change["mask"] = chance.choice((["mouth", "eyes"], [], ["all"], "whole", None))


def _said(key: str, edit: dict[str, Any], chance: Random) -> Any:
    if key == "eyes":
        return [chance.choice((*values.NUMBERS, 60, 90.5, 120)) for _ in range(4)]
    if key == "changes":
        return edit["changes"] * chance.choice((0, 2, 64, 65))
    return chance.choice(values.NUMBERS)
