"""Hostile visits to the studio: uploads, and calls that no browser would make."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from random import Random
from typing import Any

from ebgan_kit.testing.hostile import values
from ebgan_kit.testing.hostile.command import Command
from ebgan_kit.testing.hostile.photographs import NAMES
from ebgan_kit.testing.hostile.pictures import picture
from ebgan_kit.testing.hostile.recipes import as_word

UPLOADS = ("own-source.upload", "own-exemplar.upload", "own-mask.upload")

CALLS: dict[str, tuple[list[Any], Any]] = {
    "model.input": (["switches.safetensors"], None),
    "sources.select": ([], {"index": 3}),
    "None.load": (["1-2-3-4"], None),
    "stage.select": ([], {"eyes": [[0.4, 0.5], [0.6, 0.5]]}),
    "example.select": ([], {"face": 2}),
    "stage.apply": ([], {"mask": "data:image/png;base64,aGk=", "layer": "keep"}),
    "strength.release": ([0.5], None),
    "mask.click": ([], None),
    "choices.input": ([0], None),
    "add.click": ([], None),
    "remove.click": ([], None),
    "regions.input": ([["mouth", "eyes"]], None),
    "exemplars.select": ([], {"index": 2}),
    "switches.input": ([["Mustache"]], None),
    "feather.release": ([5], None),
    "match.input": ([True], None),
    "undo.click": ([], None),
    "redo.click": ([], None),
    "png.click": ([], None),
    "json.click": ([], None),
}
"""Event of the page → the data and what else a browser tells of it."""

PLACES = (
    "gradio_api/file=/etc/passwd", "gradio_api/file=../../../../etc/passwd", "config", "theme.css",
    "gradio_api/file=http://127.0.0.2:9/a", "static/../../../etc/passwd", "gradio_api/info",
    "gradio_api/file/../model.safetensors", "gradio_api/queue/data?session_hash=nobody",
    "gradio_api/startup-events", "gradio_api/upload_progress?upload_id=a", "monitoring/a",
    "gradio_api/proxy=http://127.0.0.2:9/", "custom_component/a/b", "assets/../../gradio/routes.py",
)  # fmt: skip


def uploads(chance: Random, sound: Path) -> Command:
    """Write what a stranger sends to the studio, and send it."""
    steps = [_step(chance) for _ in range(chance.choice((1, 1, 2, 4)))]
    visit = {"session": f"{chance.getrandbits(64):x}", "steps": steps}
    Path("visit.json").write_text(json.dumps(visit))
    home = str(sound.parent / "studio")
    return Command("ebgan_kit.testing.hostile.visit", (home, "visit.json"))


def _step(chance: Random) -> dict[str, Any]:
    way = chance.random()
    if way < 0.5:
        return _upload(chance)
    if way < 0.85:
        return _call(chance)
    if way < 0.92:
        return {"get": chance.choice(PLACES)}
    body = {"data": [], "fn_index": 3, "session_hash": "a"}
    text = values.as_json(values.disturbed(body, chance), chance)
    place = chance.choice(("queue/join", "queue/join", "upload", "run/predict", "cancel", "reset"))
    return {"post": f"gradio_api/{place}", "body": text}


def _upload(chance: Random) -> dict[str, Any]:
    """A picture, under a hostile name, that an event of the page then takes."""
    number = chance.randrange(10**9)
    content = picture(chance) if chance.random() < 0.95 else _no_picture(chance)
    Path(f"{number}.upload").write_bytes(content)
    name = chance.choice((*NAMES, chance.choice(values.TEXTS)))
    return {
        "upload": f"{number}.upload",
        "name": as_word(name)[:300],
        "event": chance.choice(UPLOADS),
        "damage": chance.random() < 0.1,
    }


def _no_picture(chance: Random) -> bytes:
    return chance.choice((b"", b"this is text", bytes(26 * 2**20), b"PK\3\4" + bytes(99)))


def _call(chance: Random) -> dict[str, Any]:
    event = chance.choice(list(CALLS))
    data, told = CALLS[event]
    if chance.random() < 0.2:
        event, data, told = "stage.apply", [], {"mask": _painted(chance)}
    if chance.random() < 0.7:
        data = values.disturbed(data, chance) if data else data
        told = values.disturbed(told, chance) if told else told
    if chance.random() < 0.2:
        event = chance.choice(UPLOADS)
        path = chance.choice(("/etc/passwd", "tiny.safetensors", *values.TEXTS))
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}]
    return {"event": event, "data": data, "told": told}


def _painted(chance: Random) -> str:
    content = base64.b64encode(picture(chance)).decode()
    return chance.choice((f"data:image/png;base64,{content}", content, *values.TEXTS))
