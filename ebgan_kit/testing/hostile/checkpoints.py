"""Hostile folders of runs, which somebody goes on with."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from random import Random

import torch

from ebgan_kit.testing.hostile import damage, values
from ebgan_kit.testing.hostile.command import Command, kit
from ebgan_kit.testing.hostile.sound import take

RUN = Path("runs/tiny")


def checkpoints(chance: Random, sound: Path) -> Command:
    """Mutate a file of a run, and resume the run."""
    RUN.parent.mkdir()
    take(sound, "tiny.toml", "runs/tiny")
    newest = max((RUN / "checkpoints").glob("*.pt"))
    way = chance.random()
    if way < 0.2:
        newest.write_bytes(pickle.dumps(damage.Harm()))
    elif way < 0.3:
        torch.save({"clock": damage.Harm()}, newest)
    elif way < 0.4:
        newest.write_bytes(_with_a_pickle(newest.read_bytes()))
    elif way < 0.55:
        state = torch.load(newest, weights_only=True)
        torch.save(values.disturbed(state, chance), newest)
    else:
        path = chance.choice((newest, newest, RUN / "metrics.jsonl", RUN / "recipe.toml"))
        path.write_bytes(damage.damaged(path.read_bytes(), chance))
    return kit("run", "tiny.toml", "--resume", "train.images=12")


def _with_a_pickle(content: bytes) -> bytes:
    """The checkpoint's archive with another pickle in place of its own."""
    path = Path("other.pt")
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            own = pickle.dumps(damage.Harm(), 2) if name.endswith("data.pkl") else data
            archive.writestr(name, own)
    found = path.read_bytes()
    path.unlink()
    return found
