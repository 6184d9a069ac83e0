"""Edited pictures that say so in their metadata."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fixtures.command import Answer
from fixtures.photographs import photograph, turned, written
from PIL import Image

from ebgan_kit import Mark, UsageError
from ebgan_kit.files.writing import fingerprint

Command = Callable[..., Answer]

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

EDIT = (
    "edit",
    "model.safetensors",
    "--source",
    "a.png",
    "--exemplar",
    "b.png",
    "--region",
    "mouth",
    "--no-find-faces",
)

FORMATS: dict[str, dict[str, Any]] = {"PNG": {}, "JPEG": {"quality": 90}, "WEBP": {}, "TIFF": {}}
"""Those that hold a mark, and other options beside it."""


@pytest.fixture
def folder(tmp_path: Path, model_file: Path) -> Path:
    """A model and two photographs."""
    shutil.copy(model_file, tmp_path / "model.safetensors")
    for seed, name in enumerate("ab"):
        photograph(70, 90, seed=seed).save(tmp_path / f"{name}.png")
    return tmp_path


def said(picture: Path | io.BytesIO) -> dict[str, str]:
    """What a picture's XMP says, by the fields' names."""
    with Image.open(picture) as image:
        image.load()
        packet = image.info.get("xmp")
    if packet is None:
        return {}
    fields = ElementTree.fromstring(packet).iterfind(".//{*}Description/*")
    return {field.tag.partition("}")[2]: field.text or "" for field in fields}


def words_of(model: Path) -> dict[str, str]:
    """What a picture says that this model edited."""
    return {
        "CreatorTool": f"ebgan-kit {version('ebgan-kit')}",
        "DigitalSourceType": SOURCE_TYPE,
        "AISystemUsed": "tiny",
        "AISystemVersionUsed": f"sha256:{fingerprint(model)}",
    }


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_an_edit_says_that_it_is_one(folder: Path, command: Command, ending: str) -> None:
    marked, plain = folder / f"marked.{ending}", folder / f"plain.{ending}"
    assert command(*EDIT, "-o", marked).err == ""
    assert command(*EDIT, "-o", plain, "--no-mark").err == ""
    assert said(marked) == words_of(folder / "model.safetensors")
    assert said(plain) == {}
    assert Image.open(marked).tobytes() == Image.open(plain).tobytes()


def test_every_edit_of_a_folder_is_marked(folder: Path, command: Command) -> None:
    (folder / "many").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(folder / name, folder / "many")
    answer = command(*EDIT, "--source", "many", "-o", "edits")
    assert answer.err == ""
    for name in ("a.png", "b.png"):
        assert said(folder / "edits" / name) == words_of(folder / "model.safetensors")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_mark_by_pillow(model_file: Path, kind: str) -> None:
    """In each format that holds one; the pixels are those of the file without it."""
    image, how = photograph(70, 90), FORMATS[kind]
    marked = written(image, kind, **how, **Mark.of(model_file).options(kind))
    assert said(io.BytesIO(marked)) == words_of(model_file)
    plain = Image.open(io.BytesIO(written(image, kind, **how)))
    assert Image.open(io.BytesIO(marked)).tobytes() == plain.tobytes()
    assert marked == written(image, kind, **how, **Mark.of(model_file).options(kind))


def test_a_format_without_marks_is_refused() -> None:
    with pytest.raises(UsageError, match="BMP: holds no mark: write one of PNG, JPEG, WEBP, TIFF"):
        Mark("tiny", "0" * 64).options("BMP")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller & Söhne </rdf:li> ]]> \"'", "Müller & Söhne </rdf:li> ]]> \"'"),
        ("{kit} \x00\x1b\ud800\uffff", "{kit} \ufffd\ufffd\ufffd\ufffd"),
        ("long" * 50_000, "long" * 50),
    ],
    ids=["signs of XML", "no text", "long"],
)
def test_a_model_of_any_name(kind: str, name: str, shown: str) -> None:
    content = written(photograph(8, 8), kind, **Mark(name, "0" * 64).options(kind))
    assert said(io.BytesIO(content))["AISystemUsed"] == shown


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("kind", FORMATS)
def test_another_program_reads_the_mark(
    folder: Path, command: Command, model_file: Path, kind: str
) -> None:
    path = folder / f"marked.{kind.lower()}"
    if kind in ("PNG", "TIFF"):
        assert command(*EDIT, "-o", path).status == 0
    else:
        photograph(70, 90).save(path, kind, **Mark.of(model_file).options(kind))
    tool = ["exiftool", "-json", "-n", "-XMP:all", "-Error", "-Warning", path]
    answer = subprocess.run(tool, capture_output=True, text=True, check=True)
    (told,) = json.loads(answer.stdout)
    del told["SourceFile"]
    assert told == words_of(model_file)


def test_what_a_source_says_of_itself_stays_behind(folder: Path, command: Command) -> None:
    """Above all not which way up it was: the edit is upright."""
    own = b"<x xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'>by somebody</x>"
    photograph(90, 70).save(folder / "a.jpg", exif=turned(6), xmp=own)
    assert command(*EDIT, "--source", "a.jpg", "-o", "out.png").status == 0
    assert said(folder / "out.png") == words_of(folder / "model.safetensors")
    edited = Image.open(folder / "out.png")
    assert edited.size == (70, 90)
    assert dict(edited.getexif()) == {}


@pytest.mark.parametrize("options", [(), ("--mark",)], ids=["unasked", "asked"])
def test_bmp_holds_no_mark(folder: Path, command: Command, options: tuple[str, ...]) -> None:
    """Which is said where somebody asks for one."""
    answer = command(*EDIT, "-o", "out.bmp", *options)
    assert answer.status == 0
    warned = "out.bmp: BMP holds no metadata, so the picture does not say that it is edited: write"
    assert answer.err.count(warned) == len(options)
    assert command(*EDIT, "-o", "out.png").status == 0
    assert Image.open("out.bmp").tobytes() == Image.open("out.png").tobytes()


@pytest.mark.parametrize("option", ["--mark", "--no-mark"])
def test_a_replay_marks_as_the_edit_did(folder: Path, command: Command, option: str) -> None:
    other = {"--mark": "--no-mark", "--no-mark": "--mark"}[option]
    assert command(*EDIT, "-o", "out.png", "--save", "edit.json", option).status == 0
    assert command(*EDIT, "-o", "other.png", other).status == 0
    replay = ("edit", "--replay", "edit.json")
    assert command(*replay, "-o", "again.png").err == ""
    assert Path("again.png").read_bytes() == Path("out.png").read_bytes()
    assert command(*replay, "-o", "otherwise.png", other).err == ""
    assert Path("otherwise.png").read_bytes() == Path("other.png").read_bytes()


def test_a_document_of_before_gives_the_bytes_of_before(folder: Path, command: Command) -> None:
    """Documents of 0.4 say nothing of marks."""
    assert command(*EDIT, "-o", "plain.png", "--no-mark", "--save", "edit.json").status == 0
    document = json.loads(Path("edit.json").read_text())
    del document["marked"]
    Path("edit.json").write_text(json.dumps(document))
    assert command("edit", "--replay", "edit.json", "-o", "again.png").err == ""
    assert Path("again.png").read_bytes() == Path("plain.png").read_bytes()
