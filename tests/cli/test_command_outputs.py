"""What commands write: tried before the work, never over an input, and never lost with a disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ebgan_kit.evaluation.metrics.baselines import unchanged
from ebgan_kit.files.writing import fingerprint

Command = Callable[..., Any]

EDIT = "edit model.safetensors --source a.png --exemplar b.png --mask mask.png"
FOLDER = "edit model.safetensors --source faces --exemplar b.png --region mouth"
EVALUATE = "evaluate model.safetensors data.seed=987 --count 8 --rows 2"
COMPARE = "compare model.safetensors --data data.seed=987 --count 8"


@pytest.fixture
def place(tmp_path: Path, model_file: Path, judge_file: Path, tiny_file: Path) -> Path:
    """A folder with a model by several names, photographs, a document's worth of inputs."""
    shutil.copy(model_file, tmp_path / "model.safetensors")
    shutil.copy(judge_file, tmp_path / "judge.json")
    (tmp_path / "link").symlink_to("model.safetensors")
    os.link(tmp_path / "model.safetensors", tmp_path / "hard.png")
    shutil.copy(model_file, tmp_path / "model.onnx")
    shutil.copy(tiny_file, tmp_path / "tiny.part")
    for folder in ("faces", "out"):
        (tmp_path / folder).mkdir()
    for number, name in enumerate(("a.png", "b.png", "faces/a.png", "a.json")):
        Image.new("RGB", (64, 64), (40 * number, 100, 150)).save(tmp_path / name, "PNG")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (20, 30, 40, 50))
    mask.save(tmp_path / "mask.png")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): fingerprint(path) for path in files}


# No output is an input

INPUTS = {
    "figures over the model": f"{EVALUATE} --json model.safetensors",
    "figures over it by a link": f"{EVALUATE} --json link",
    "figures over it by a hard link": f"{EVALUATE} --json hard.png",
    "figures over it by another way": f"{EVALUATE} --json out/../model.safetensors",
    "a sheet over the model": f"{EVALUATE} --sheet model.safetensors",
    "figures over the judge": f"{EVALUATE} --judge judge.json --json judge.json",
    "figures and sheet in one": f"{EVALUATE} --json out/x.png --sheet out/x.png",
    "figures over a face": f"{EVALUATE} data.use=folder data.root=faces --json faces/a.png",
    "a sheet over a face": f"{COMPARE} --data data.root=faces --sheet faces/a.png",
    "a comparison over a model": f"{COMPARE} --json model.safetensors",
    "a comparison over the judge": f"{COMPARE} --judge judge.json --json judge.json",
    "a comparison's two in one": f"{COMPARE} --json out/x --sheet out/x",
    "a bench over the recipe": "bench tiny.toml --json tiny.toml",
    "packed over the recipe": "pack tiny.toml -o tiny.toml",
    "packed over the recipe, at first": "pack tiny.part -o tiny",
    "a card over the model": "card model.safetensors -o model.safetensors",
    "a graph over the model": "export model.onnx -o model.onnx",
    "an edit over the source": f"{EDIT} -o a.png",
    "an edit over the exemplar": f"{EDIT} -o out/../b.png",
    "an edit over the mask": f"{EDIT} -o mask.png",
    "an edit over the model": f"{EDIT} -o hard.png",
    "a document over the source": (
        "edit model.safetensors --source a.json --exemplar b.png --region mouth -o c.png "
        "--save a.json"
    ),
    "a document and its edit in one": f"{EDIT} -o link.png --save same.json",
    "a replay over the model": "edit --replay edit.json -o hard.png",
    "a replay over the source": "edit --replay edit.json -o a.png",
    "a folder's edits over the model": f"{FOLDER} -o models",
}


@pytest.mark.parametrize("case", INPUTS)
def test_no_output_is_an_input(place: Path, command: Command, case: str) -> None:
    if "replay" in case:
        assert command(*f"{EDIT} -o c.png --save edit.json".split()).status == 0
    (place / "link.png").symlink_to("same.json")
    (place / "models").mkdir()
    os.link(place / "model.safetensors", place / "models" / "a.png")
    before = contents(place)
    answer = command(*INPUTS[case].split())
    assert answer.status == 2
    assert "an input of this" in answer.err or "would be written twice" in answer.err
    assert "Traceback" not in answer.err
    assert contents(place) == before


# Tried before the work

WRITING = {
    "edit": (f"{EDIT} -o out/x.png", "out/x.png"),
    "edit and save": (f"{EDIT} -o c.png --save out/x.json", "out/x.json"),
    "edit a folder": (f"{FOLDER} -o out", "out/a.png"),
    "evaluate": (f"{EVALUATE} --json out/x.json --sheet s.png", "out/x.json"),
    "evaluate and draw": (f"{EVALUATE} --sheet out/x.png --json s.json", "out/x.png"),
    "compare": (f"{COMPARE} --json out/x.json", "out/x.json"),
    "compare and draw": (f"{COMPARE} --sheet out/x.png", "out/x.png"),
    "card": ("card model.safetensors -o out/x.md", "out/x.md"),
    "figures": (
        "figures model.safetensors --data data.seed=987 --rows 2 -o out",
        "out/figure-5-tiny.png",
    ),
    "pack": ("pack tiny.toml -o out/x", "out/x"),
    "export": ("export model.safetensors -o out/x.pt2", "out/x.pt2"),
    "bench": ("bench tiny.toml --json out/x.json", "out/x.json"),
}


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """`refusal("open", errno.EROFS)`: what is written into the folder out ends in that error."""

    def refuse(function: str, number: int) -> None:
        real = getattr(os, function)

        def refusing(path: Any, *given: Any, **how: Any) -> Any:
            if Path(path).parent.name == "out" and Path(path).name.startswith("."):
                raise OSError(number, os.strerror(number), str(path))
            return real(path, *given, **how)

        monkeypatch.setattr(os, function, refusing)

    return refuse


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC])
@pytest.mark.parametrize("case", WRITING)
def test_a_disk_that_takes_nothing_is_found_before_the_work(
    place: Path,
    command: Command,
    refusal: Callable[[str, int], None],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    number: int,
) -> None:
    for work in (
        "editing.batch.load", "editing.export.load", "evaluation.evaluate.load",
        "evaluation.compare.load", "evaluation.paper_figures._draw", "sharing.card.card",
        "evaluation.speed.bench.bench", "parts.data.cache.pack._open_whole",
    ):  # fmt: skip
        monkeypatch.setattr(f"ebgan_kit.{work}", None)
    words, target = WRITING[case]
    refusal("open", number)
    before = contents(place)
    answer = command(*words.split())
    assert answer.status == 2
    assert answer.err.startswith(f"ebgan-kit: {target}: cannot be written: {os.strerror(number)}: ")
    assert answer.err.count("\n") == 1
    assert contents(place) == before


@pytest.mark.parametrize("case", sorted(WRITING.keys() - {"pack", "bench", "export"}))
def test_a_disk_that_is_full_after_the_work(
    place: Path,
    command: Command,
    refusal: Callable[[str, int], None],
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    """What was measured is printed all the same, and what goes elsewhere is written."""
    words, target = WRITING[case]
    refusal("replace", errno.ENOSPC)
    for name, less in (("TIMED", 1), ("BASELINES", {"unchanged": unchanged})):
        monkeypatch.setattr(f"ebgan_kit.evaluation.compare.{name}", less)
    answer = command(*words.split())
    assert answer.status == 2
    assert answer.err.endswith(
        f"ebgan-kit: {target}: cannot be written: No space left on device: make room, or write "
        "somewhere else\n"
    )
    assert "Traceback" not in answer.err
    assert not list((place / "out").iterdir())
    if case.startswith(("evaluate", "compare")):
        assert "PSNR" in answer.out
    if case == "evaluate":
        assert Path("s.png").exists()
    if case == "evaluate and draw":
        assert json.loads(Path("s.json").read_text())["count"] == 8


def test_figures_are_written_where_they_cannot_be_printed(
    place: Path, command: Command, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **how: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ebgan_kit.cli.console.out.print", full)
    answer = command(*f"{EVALUATE} --json figures.json".split())
    assert answer.status == 2
    assert answer.err == "ebgan-kit: the output: No space left on device\n"
    assert json.loads(Path("figures.json").read_text())["count"] == 8


NO_FILES = {
    "edit -o .": (f"{EDIT} -o .", ". is a folder: name a file in it"),
    "edit -o DIR": (f"{EDIT} -o out", "out is a folder: name a file in it"),
    "evaluate --json DIR": (f"{EVALUATE} --json out", "out is a folder"),
    "pack -o DIR": ("pack tiny.toml -o out", "out is a folder"),
    "figures -o FILE": ("figures model.safetensors -o a.png", "a.png is a file, where a folder"),
    "edit a folder -o FILE": (f"{FOLDER} -o a.png", "a.png is a file, where a folder"),
    "a folder where an edit goes": (f"{FOLDER} -o taken", "taken/a.png is a folder"),
    "a long name": (f"{EDIT} -o {'a' * 300}.png", "File name too long: take a shorter name"),
    "a long source": (f"{EDIT} -o c.png --source {'a' * 300}", "File name too long"),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_file_to_write(place: Path, command: Command, case: str) -> None:
    (place / "taken" / "a.png").mkdir(parents=True)
    words, sentence = NO_FILES[case]
    before = contents(place)
    answer = command(*words.split())
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err
    assert contents(place) == before


def test_a_file_of_a_nearly_longest_name(place: Path, command: Command) -> None:
    name = "a" * 251 + ".png"
    assert command(*f"{EDIT} -o {name}".split()).status == 0
    assert Path(name).exists()


def test_home_where_no_shell_reads_it(
    place: Path, command: Command, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place / "out"))
    assert command(*f"{EVALUATE} --json=~/x.json --sheet ~/y.png".split()).status == 0
    assert command(*f"{EDIT} -o~/z.png".split()).status == 0
    shutil.copy(place / "b.png", place / "out" / "b.png")
    change = ["--change", "mouth from ~/b.png", "--output=~/w.png"]
    assert command("edit", "model.safetensors", "--source", "a.png", *change).status == 0
    assert {path.name for path in Path("out").iterdir()} == {
        "x.json", "y.png", "z.png", "b.png", "w.png",
    }  # fmt: skip
