"""Hostile files of safetensors: models, and packed faces."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path
from random import Random
from typing import Any

from ebgan_kit.files.writing import FACES_KEY, MODEL_KEY
from ebgan_kit.testing.hostile import damage, values
from ebgan_kit.testing.hostile.command import Command, kit
from ebgan_kit.testing.hostile.sound import MODELS, take

NOT_FINITE = (b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\0\0\x80\xff", b"\xff\xff\x7f\x7f")
"""As float32: not a number, both infinities, and the largest number."""


def models(chance: Random, sound: Path) -> Command:
    """Mutate a model file, or the figures beside it, and use the model."""
    name = chance.choice(MODELS)
    content = (sound / name).read_bytes()
    take(sound, "a.png", "b.jpg", "evaluation.json")
    if chance.random() < 0.1:
        report = json.loads(Path("evaluation.json").read_text())
        text = values.as_json(values.disturbed(report, chance), chance)
        Path("evaluation.json").write_text(text, errors="surrogatepass")
    else:
        content = _hostile(content, MODEL_KEY, chance)
    Path("model.safetensors").write_bytes(content)
    return _used("model.safetensors", chance)


def _used(model: str, chance: Random) -> Command:
    brief = ("--count", 4, "--rows", 1, "--json", "new.json", "--sheet", "new.png")
    edit = ("--source", "a.png", "--exemplar", "b.jpg", "--region", "mouth", "-o", "edit.png")
    way = chance.random()
    if way < 0.005:  # it takes ten seconds
        return kit("export", model, "-o", chance.choice(("edit.onnx", "edit.pt2")))
    if way < 0.1:
        return kit("evaluate", model, *brief)
    commands = (
        kit("edit", model, *edit),
        kit("edit", model, *edit, "--with", "Mustache"),
        kit("inspect", model),
        kit("inspect", model, "--json"),
        kit("describe", model, "a.png"),
        kit("card", model),
    )
    return chance.choice(commands)


def packed(chance: Random, sound: Path) -> Command:
    """Mutate a file of packed faces, and check or train a recipe on it."""
    take(sound, "tiny.toml")
    content = _hostile((sound / "faces.safetensors").read_bytes(), FACES_KEY, chance)
    Path("faces.safetensors").write_bytes(content)
    keys = ("data.use=packed", "data.file=faces.safetensors", "data.size=64")
    return kit(chance.choice(("check", "check", "run")), "tiny.toml", *keys)


def _hostile(content: bytes, key: str, chance: Random) -> bytes:
    way = chance.random()
    if way < 0.2:
        return damage.damaged(content, chance)
    if way < 0.22:
        return chance.choice((b"", pickle.dumps(damage.Harm()), b"PK\3\4" + bytes(100)))
    header, data = _taken_apart(content)
    if way < 0.4:
        data = _other_numbers(header, data, chance)
    elif way < 0.6:
        header = values.disturbed(header, chance)
    else:
        told = json.loads(header["__metadata__"][key])
        told = values.disturbed(told, chance)
        header["__metadata__"][key] = values.as_json(told, chance)
    return _put_together(header, data, chance)


def _taken_apart(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and the bytes of its tensors."""
    end = 8 + struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:end]), content[end:]


def _put_together(header: Any, data: bytes, chance: Random) -> bytes:
    text = json.dumps(header).encode()
    length = len(text) if chance.random() < 0.97 else chance.choice((0, 2**31, 2**63, 2**64 - 1))
    return struct.pack("<Q", length) + text + data


def _other_numbers(header: dict[str, Any], data: bytes, chance: Random) -> bytes:
    """Numbers of a tensor that are not finite, or others; all of them, or one."""
    name = chance.choice([name for name in header if name != "__metadata__"])
    start, end = header[name]["data_offsets"]
    piece = chance.choice((*NOT_FINITE, b"\xff" * 4, b"\x01\x02\x03\x04"))
    if chance.random() < 0.5:
        end = min(start + 4, end)
    return data[:start] + (piece * (end - start))[: end - start] + data[end:]
