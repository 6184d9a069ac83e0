"""Model files from strangers: a sentence each, nothing is run, and memory stays within bounds."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.pickles import Harm
from safetensors.torch import load_file, save_file

from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import MODEL_KEY

Damage = Callable[[Path, Path], Any]
"""Writes a hostile file; takes a good model file and where the other goes."""


def raw(header: bytes, data: bytes = b"", length: int | None = None) -> Damage:
    """A safetensors file of these bytes."""

    def write(good: Path, path: Path) -> None:
        size = len(header) if length is None else length
        path.write_bytes(struct.pack("<Q", size) + header + data)

    return write


def told(change: Callable[[dict[str, Any]], Any]) -> Damage:
    """The good file with something in its header said otherwise."""

    def write(good: Path, path: Path) -> None:
        size = struct.unpack("<Q", good.read_bytes()[:8])[0]
        header = json.loads(json.loads(good.read_bytes()[8 : 8 + size])["__metadata__"][MODEL_KEY])
        changed = change(header)
        save_file(
            load_file(good), path, {MODEL_KEY: json.dumps(header if changed is None else changed)}
        )

    return write


def weights(change: Callable[[dict[str, torch.Tensor]], Any]) -> Damage:
    """The good file with other weights."""

    def write(good: Path, path: Path) -> None:
        size = struct.unpack("<Q", good.read_bytes()[:8])[0]
        metadata = json.loads(good.read_bytes()[8 : 8 + size])["__metadata__"]
        tensors = load_file(good)
        change(tensors)
        save_file(tensors, path, metadata)

    return write


def a_zip_bomb(good: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model", bytes(2**28))


TENSOR = b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,%d]}%s}'

NO_FILE: dict[str, tuple[Damage, str]] = {
    "empty": (lambda good, path: path.touch(), "is not a whole safetensors file"),
    "text": (lambda good, path: path.write_text("this is text"), "is not a whole safetensors file"),
    "a pickle": (lambda good, path: path.write_bytes(pickle.dumps(Harm())), "is not a whole"),
    "torch's own file": (lambda good, path: torch.save({"a": Harm()}, path), "is not a whole"),
    "a zip bomb": (a_zip_bomb, "is not a whole safetensors file"),
    "cut off": (lambda good, path: path.write_bytes(good.read_bytes()[:-9]), "is not a whole"),
    "a header without end": (raw(b"{}", length=2**63), "is not a whole safetensors file"),
    "a header that is no JSON": (raw(b"{no}"), "is not a whole safetensors file"),
    "a header that is a list": (raw(b"[]"), "is not a whole safetensors file"),
    "a nested header": (raw(b"[" * 90_000), "is not a whole safetensors file"),
    "metadata of numbers": (raw(b'{"__metadata__":{"a":1}}'), "is not a whole safetensors file"),
    "a tensor beyond the file": (raw(TENSOR % (16, b"")), "is not a whole safetensors file"),
    "a tensor of another size": (raw(TENSOR % (8, b""), bytes(8)), "is not a whole safetensors"),
    "tensors in one place": (
        raw(TENSOR % (16, b',"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}'), bytes(16)),
        "is not a whole safetensors file",
    ),
    "nobody's": (raw(TENSOR % (16, b""), bytes(16)), "not one that ebgan-kit wrote"),
    "faces": (
        raw(b'{"__metadata__":{"ebgan-kit-faces":"{}"}}'), "holds faces that ebgan-kit pack wrote",
    ),
    "our words are no JSON": (
        raw(b'{"__metadata__":{"ebgan-kit":"{"}}'), "its header cannot be read",
    ),
    "our words are nested": (
        raw(b'{"__metadata__":{"ebgan-kit":"%s"}}' % (b"[" * 90_000)), "its header cannot be read",
    ),
    "our words are a number": (
        raw(b'{"__metadata__":{"ebgan-kit":"7"}}'), "its header cannot be read",
    ),
    "a format to come": (told(lambda h: h.update(format=9)), "has format 9, and this version"),
    "a size that is a word": (told(lambda h: h.update(size="big")), "cannot be read: size: "),
    "a size without end": (told(lambda h: h.update(size=10**9)), "cannot be read: size: "),
    "attributes that are none": (told(lambda h: h.update(attributes=7)), "read: attributes: "),
    "a million attributes": (
        told(lambda h: h.update(attributes=["a"] * 10**6)), "cannot be read: attributes: ",
    ),
    "a template of another shape": (
        told(lambda h: h.update(template=[[0, 0]])), "cannot be read: template: ",
    ),
    "a template that is no number": (
        told(lambda h: h.update(template=[[float("nan"), 0]] * 5)), "cannot be read: template.0.0",
    ),
    "words that are no text": (
        told(lambda h: h["recipe"].update(note="\udce9")), "its header cannot be read",
    ),
    "nothing in its recipe": (
        told(lambda h: h["recipe"]["train"].update(start=None)), "its header cannot be read",
    ),
    "a region as large as a table": (
        told(lambda h: h["recipe"]["mask"].update(grow={"a": 1})), "be read: grow.mouth: ",
    ),
    "a region as large as the room": (
        told(lambda h: h["recipe"]["mask"].update(grow=1e9)), "be read: grow.mouth: ",
    ),
    "no recipe": (told(lambda h: h.update(recipe={})), "its header cannot be read"),
    "a recipe of words": (
        told(lambda h: h.update(recipe={k: "x" for k in ("name", "mask", "model", "data")})),
        "its header cannot be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_FILE)
def test_a_file_that_is_no_model(
    case: str, model_file: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    damage, words = NO_FILE[case]
    path = tmp_path / "bad.safetensors"
    damage(model_file, path)
    for answer in (command("inspect", path.name), command("describe", path.name, "x.png")):
        assert answer.status == 2
        assert answer.err.startswith("ebgan-kit: bad.safetensors: ")
        assert words in answer.err
        assert answer.err.count("\n") == 1
        assert len(answer.err) < 500
        assert "a pickle was run" not in answer.out


def recipe(table: str, **keys: Any) -> Damage:
    return told(lambda header: header["recipe"][table].update(keys))


GIANT = {"use": "timm", "backbone": "vit_giant_patch14_224"}

NO_NETWORKS: dict[str, tuple[Damage, str]] = {
    "a width without end": (recipe("generator", width=10**9, max_channels=10**9), "recipe"),
    "a wide network": (recipe("generator", width=20_000, max_channels=20_000), "its recipe"),
    "a deep network": (recipe("generator", blocks=10**9), "far larger than its weights"),
    "a long code": (recipe("model", code=10**9), "recipe"),
    "a large backbone": (
        told(lambda h: h["recipe"].update(encoder=GIANT)),
        "far larger than its weights",
    ),
    "a part that there is not": (recipe("encoder", use="os.system"), "no encoder is called"),
    "a key that there is not": (recipe("encoder", run="rm"), "[encoder] has no key 'run'"),
    "other attributes": (
        told(lambda h: h.update(attributes=["Smiling"])),
        "its header names other attributes than its recipe",
    ),
    "weights that are missing": (
        weights(lambda w: w.pop(next(iter(w)))), "its weights are not those of its recipe's",
    ),
    "one weight too many": (
        weights(lambda w: w.update(more=torch.zeros(1))), "its weights are not those of its",
    ),
    "weights of another shape": (
        weights(lambda w: w.update({next(iter(w)): torch.zeros(3)})), "its weights are not those",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_NETWORKS)
def test_a_file_whose_networks_are_not_its_weights(
    case: str, model_file: Path, tmp_path: Path
) -> None:
    damage, words = NO_NETWORKS[case]
    path = tmp_path / "bad.safetensors"
    damage(model_file, path)
    with pytest.raises(UsageError) as caught:
        load(path, "cpu")
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.slow
def test_their_memory_is_bounded(model_file: Path, tmp_path: Path) -> None:
    """The networks that are asked for would take terabytes."""
    for number, case in enumerate(NO_NETWORKS):
        NO_NETWORKS[case][0](model_file, tmp_path / f"{number}.safetensors")
    code = (
        "import resource, sys, pathlib\n"
        "from ebgan_kit.editing.editor import load\n"
        "from ebgan_kit.errors import UsageError\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "load(sys.argv[2], 'cpu')\n"
        "before = peak()\n"
        "for path in pathlib.Path(sys.argv[1]).glob('*.safetensors'):\n"
        "    try: load(path, 'cpu')\n"
        "    except UsageError: pass\n"
        "print(peak() - before)\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path), str(model_file)]
    child = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(child.stdout) < 1500


def test_what_is_no_file_is_not_waited_for(tmp_path: Path, command: Callable[..., Any]) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert "pipe.safetensors: no such file" in command("inspect", "pipe.safetensors").err
    assert "/dev/zero: no such file" in command("inspect", "/dev/zero").err
