"""Names of files as they come: in messages, in JSON, and on terminals that do not print UTF-8."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from ebgan_kit.cli import app as cli
from ebgan_kit.evaluation.metrics.baselines import unchanged
from ebgan_kit.parts.watchers.progress import Progress
from ebgan_kit.recipe.recipe import read
from ebgan_kit.terminal.tables import figure_table, listing

Command = Callable[..., Any]

LATIN = os.fsdecode(b"caf\xe9")
NAMES = {"[copy]": "[copy]", "a tag that ends": "x[/b]", "an emoji": ":smile:", "Latin-1": LATIN}


@pytest.fixture
def place(tmp_path: Path, judge_file: Path, model_file: Path) -> Path:
    shutil.copy(model_file, tmp_path / "model.safetensors")
    shutil.copy(judge_file, tmp_path / "judge.safetensors")
    for name in NAMES.values():
        folder = (tmp_path / name).parent
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64), (90, 100, 150)).save(tmp_path / f"{name}.png")
    return tmp_path


def printed(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


@pytest.mark.parametrize("case", NAMES)
def test_an_edit_of_any_name(place: Path, command: Command, case: str) -> None:
    name = NAMES[case]
    words = ["--source", f"{name}.png", "--exemplar", f"{name}.png", "--region", "mouth"]
    edit = command(
        "edit", "model.safetensors", *words, "-o", f"{name} c.png", "--save", f"{name}.json"
    )
    assert edit.err == ""
    assert edit.out == printed(f"wrote {name} c.png\nwrote {name}.json\n")
    again = command("edit", "--replay", f"{name}.json", "-o", "again.png")
    assert again.err == ""
    assert Path("again.png").read_bytes() == Path(f"{name} c.png").read_bytes()


def test_a_replay_finds_a_name_that_is_no_text_in_another_folder(
    place: Path, command: Command
) -> None:
    """By its fingerprint alone it is looked for beside the document and here."""
    (place / "else").mkdir()
    (place / LATIN).mkdir()
    for name, blue in (("a", 1), ("b", 2)):
        Image.new("RGB", (64, 64), (0, 0, blue)).save(place / LATIN / f"{name}{LATIN}.png")
    pictures = (f"{LATIN}/{name}{LATIN}.png" for name in "ab")
    words = ["--source", next(pictures), "--exemplar", next(pictures), "--region", "mouth"]
    assert (
        command("edit", "model.safetensors", *words, "-o", "c.png", "--save", "else/c.json").status
        == 0
    )
    assert command("edit", "--replay", "else/c.json").out == "wrote else/c.png\n"


@pytest.mark.parametrize("case", NAMES)
def test_every_command_takes_a_model_of_any_name(place: Path, command: Command, case: str) -> None:
    name = NAMES[case]
    shutil.copy("model.safetensors", f"{name}.safetensors")
    assert printed(f"{name}.safetensors") in command("inspect", f"{name}.safetensors").out
    card = command("card", f"{name}.safetensors", "-o", f"{name}.md")
    assert card.out == printed(f"wrote {name}.md\n")
    shown = Path(f"{name}.safetensors".replace(LATIN, "caf\ufffd")).name
    assert shown in Path(f"{name}.md").read_text(encoding="utf-8")


def test_figures_name_a_model_of_any_name(
    place: Path, command: Command, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, less in (("TIMED", 1), ("BASELINES", {"unchanged": unchanged})):
        monkeypatch.setattr(f"ebgan_kit.evaluation.compare.{name}", less)
    shutil.copy("model.safetensors", f"{LATIN}.safetensors")
    words = ("--data", "data.seed=987", "--count", 8, "--json", f"{LATIN}.json")
    assert command("compare", f"{LATIN}.safetensors", *words).status == 0
    told = json.loads(Path(f"{LATIN}.json").read_text(encoding="utf-8"))
    assert told["rows"][0]["models"] == ["caf\ufffd.safetensors"]


def test_faces_of_any_name_in_a_table(place: Path, command: Command) -> None:
    answer = command("describe", "judge.safetensors", *(f"{name}.png" for name in NAMES.values()))
    assert answer.err == ""
    assert all(printed(name) in answer.out for name in NAMES.values())


def test_a_table_shows_texts_as_they_are() -> None:
    """Data names its attributes as it likes."""
    for table in (listing("[/b]", title="[/b]"), figure_table("[/b]", "[/b]", caption="[/b]")):
        table.add_row("[/b]")
        file = io.StringIO()
        Console(file=file).print(table)
        assert file.getvalue().count("[/b]") >= 3


def test_a_term_of_any_name(capsys: pytest.CaptureFixture[str], tiny_file: Path) -> None:
    watcher = Progress(SimpleNamespace(recipe=read(tiny_file), clock=0))
    watcher.report(4, {"[/b]": 1.0})
    watcher.stop()
    assert "4 images  [/b] 1" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
@pytest.mark.parametrize(
    "words",
    ["parts loss", "inspect model.safetensors", "--help", "run none∂\udce9.toml", "edit -x"],
)
def test_a_terminal_that_does_not_print_utf_8(
    place: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, words: str
) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(sys, "argv", ["ebgan-kit", *words.split()])
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = b""
    for stream in streams:
        stream.flush()
        said += stream.buffer.getvalue()  # type: ignore[attr-defined]
    assert end.value.code in (0, 2)
    assert said
    assert b"Error: 'utf" not in said
    if "none" in words:
        assert b"none\\u2202\\udce9.toml: cannot be read" in said


def test_a_recipe_cannot_hold_a_name_that_is_no_text(tiny_file: Path, command: Command) -> None:
    answer = command("check", tiny_file, f"data.root={LATIN}")
    assert answer.status == 2
    assert answer.err == (
        "ebgan-kit: data.root=caf\\udce9: is no UTF-8 text: rename the file, or make a link to it\n"
    )
