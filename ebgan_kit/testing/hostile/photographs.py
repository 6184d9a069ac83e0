"""Hostile photographs and masks, and the commands that take them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from ebgan_kit.testing.hostile.command import Command, kit
from ebgan_kit.testing.hostile.pictures import picture
from ebgan_kit.testing.hostile.recipes import SHORT
from ebgan_kit.testing.hostile.sound import take

NAMES = (
    "photo.png", "photo.jpg", "photo.JPG", "photo.tif", "photo.webp", "photo.bmp", "photo.gif",
    "photo.ppm", "photo", ".png", "a b.png", "-a.png", "[copy].png", "[bold]a.png", "[red]a.png",
    "e\u0301.png", "\xe9.png", "a\n.png", "\x1b[31m.png", "\udcff.png", "\u202egnp.png", "%s.png",
    "{}.png", "$(touch ran).png", "a" * 251 + ".png", "photo.jpg.png", "photo.heic", "photo.svg",
)  # fmt: skip


def photographs(chance: Random, sound: Path) -> Command:
    """Write a hostile photograph, and edit it, describe it, find faces in it or train on it."""
    take(sound, "tiny.safetensors", "switches.safetensors", "a.png", "b.jpg")
    name = chance.choice(NAMES)
    way = chance.random()
    if way < 0.2:
        return _in_a_folder(name, chance, sound)
    _put(name, chance)
    if way < 0.25:
        return kit("describe", "switches.safetensors", f"./{name}")
    if way < 0.3:
        return kit("faces", f"./{name}", "-o", "numbered.png")
    pair = ["a.png", "b.jpg"]
    pair[chance.randrange(2)] = f"./{name}"
    return kit("edit", "tiny.safetensors", *_asked(pair, chance))


def masks(chance: Random, sound: Path) -> Command:
    """Write a hostile mask, and edit with it."""
    take(sound, "tiny.safetensors", "a.png", "b.jpg", "mask.png")
    name = chance.choice(NAMES)
    _put(name, chance, (178, 218) if chance.random() < 0.8 else None)
    which = chance.choice(("--mask", "--mask", "--exemplar-mask"))
    words = [*_asked(["a.png", "b.jpg"], chance), which, f"./{name}"]
    if which == "--exemplar-mask":
        words += ["--mask", "mask.png"]
    return kit("edit", "tiny.safetensors", *words)


def _asked(pair: list[str], chance: Random) -> list[str]:
    words = ["--source", pair[0], "--exemplar", pair[1]]
    words += ["-o", chance.choice(("edit.png",) * 20 + ("edit.tif", "edit.bmp", "edit.jpg"))]
    for odds, more in (
        (0.2, ["--feather", chance.choice(("1", "7", "1000"))]),
        (0.1, ["--match-colours"]),
        (0.2, ["--save", "edit.json"]),
        (0.1, ["--eyes", _eyes(chance)]),
        (0.1, ["--exemplar-eyes", _eyes(chance)]),
    ):
        words += more if chance.random() < odds else []
    return words


def _eyes(chance: Random) -> str:
    eyes = [60, 90, 118.5, 91]
    hostile = (0, -5, 1e9, 1e300, float("nan"), float("inf"), 10**400)
    eyes[chance.randrange(4)] = chance.choice((*hostile, 70, 100))
    return ",".join(map(str, eyes))


def _in_a_folder(name: str, chance: Random, sound: Path) -> Command:
    """A hostile photograph among sound ones: to be edited, or to be trained on."""
    take(sound, "folder", "tiny.toml")
    _put(f"folder/{name}", chance)
    if chance.random() < 0.4:
        folder = ("--source", "folder", "--exemplar", "b.jpg", "-o", "edits")
        return kit("edit", "tiny.safetensors", *folder, "--region", "mouth")
    way = kit("check", "tiny.toml") if chance.random() < 0.5 else kit("run", "tiny.toml", *SHORT)
    skip = ["--skip-broken"] if chance.random() < 0.4 else []
    return kit(*way.words, "data.use=folder", "data.root=folder", "data.size=64", *skip)


def _put(name: str, chance: Random, mask_of: tuple[int, int] | None = None) -> None:
    """Write a hostile picture, or something else in its place."""
    if chance.random() < 0.05:
        chance.choice(_ELSE)(name)
    else:
        Path(name).write_bytes(picture(chance, mask_of))


_ELSE: tuple[Callable[[str], Any], ...] = (
    os.mkdir,
    os.mkfifo,
    lambda name: os.symlink(os.path.basename(name), name),
    lambda name: os.symlink("/dev/zero", name),
    lambda name: os.symlink("/dev/null", name),
    lambda name: os.symlink("..", name),
    lambda name: None,
    lambda name: Path(name).touch(),
    lambda name: Path(name).write_text("this is text"),
)
"""What may stand where a picture is looked for."""
