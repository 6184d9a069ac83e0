"""An edit of several changes in one command, saved as a document, and made again from it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures.command import Answer
from fixtures.photographs import box, photograph
from PIL import Image

from ebgan_kit.cli.edit_words import change
from ebgan_kit.editing.document import embedded, read_document, write_document
from ebgan_kit.editing.editor import load
from ebgan_kit.editing.request import Change
from ebgan_kit.errors import UsageError

Command = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, att_file: Path) -> Path:
    """A model with switches, three photographs and a mask."""
    shutil.copy(att_file, tmp_path / "model.safetensors")
    for seed, name in enumerate("abc"):
        photograph(70, 90, seed=seed).save(tmp_path / f"{name}.png")
    box(70, 90, 20, 50, 50, 70).save(tmp_path / "mask.png")
    return tmp_path


EDIT = (
    "edit", "model.safetensors", "--source", "a.png", "-o", "out.png", "--save", "edit.json",
    "--change", "mouth from b.png without Mustache with Smiling",
    "--change", "mask.png from c.png in nose eyes 20,40,50,44",
    "--change", "eyes,brows from b.png", "--feather", "3", "--match-colours",
)  # fmt: skip


def test_changes_on_the_command_line(folder: Path, command: Command) -> None:
    assert command(*EDIT).status == 0
    a, b, c, mask = (Image.open(f"{name}.png") for name in ("a", "b", "c", "mask"))
    changes = [
        Change(b, "mouth", attributes={"Mustache": False, "Smiling": True}),
        Change(c, mask, "nose", eyes=(20, 40, 50, 44)),
        Change(b, ["eyes", "brows"]),
    ]
    editor = load("model.safetensors", "cpu")
    expected = editor.edit(a, changes, feather=3, match_colours=True)
    assert Image.open("out.png").tobytes() == expected.tobytes()


def test_a_document_that_does_not_speak_of_detail_is_made_without(
    folder: Path, command: Command
) -> None:
    """Documents of 0.4 give their bytes as before."""
    common = ["edit", "model.safetensors", "--source", "large.png", "--exemplar", "b.png"]
    photograph(150, 150, seed=5).save("large.png")
    assert command(*common, "-o", "plain.png", "--save", "edit.json", "--no-detail").status == 0
    assert command(*common, "-o", "fine.png").status == 0
    document = json.loads(Path("edit.json").read_text())
    assert document["edit"].pop("detail") is False
    Path("edit.json").write_text(json.dumps(document))
    assert command("edit", "--replay", "edit.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("plain.png").read_bytes()
    assert Path("again.png").read_bytes() != Path("fine.png").read_bytes()


def test_a_document_of_0_4_has_the_edges_of_0_4(folder: Path, command: Command) -> None:
    """It says nothing of a soft edge where it had none."""
    eyes = ["--eyes", "25,40,45,40", "--exemplar-eyes", "25,40,45,40"]
    common = ["edit", "model.safetensors", "--source", "a.png", "--exemplar", "b.png", *eyes]
    assert command(*common, "-o", "soft.png", "--save", "edit.json").status == 0
    hard = command(*common, "-o", "hard.png", "--feather", "0", "--no-detail")
    assert hard.status == 0
    document = json.loads(Path("edit.json").read_text())
    assert "feather" not in document["edit"]
    assert command("edit", "--replay", "edit.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("soft.png").read_bytes()
    document["edit"].pop("detail")
    Path("edit.json").write_text(json.dumps(document | {"pixels": None}))
    assert command("edit", "--replay", "edit.json", "-o", "again.png").status == 0
    again, hard_edges, soft = (Image.open(f"{n}.png").tobytes() for n in ("again", "hard", "soft"))
    assert again == hard_edges != soft


def test_one_change_needs_no_grammar(folder: Path, command: Command) -> None:
    common = ["edit", "model.safetensors", "--source", "a.png"]
    said = ["--exemplar", "b.png", "--region", "mouth", "--without", "Mustache"]
    assert command(*common, *said, "-o", "one.png").status == 0
    text = "mouth from b.png without Mustache"
    assert command(*common, "--change", text, "-o", "two.png").status == 0
    assert Path("one.png").read_bytes() == Path("two.png").read_bytes()


def test_words_of_a_change() -> None:
    assert change("'my mask.png' from 'b c.png'") == Change(
        Path("b c.png"), Path("my mask.png"), attributes={}
    )
    for text, words in {
        "mouth": "is not a change: write it like",
        "mouth from": "is not a change",
        "mouth with Smiling": "is not a change",
        "mouth from 'b.png": "is not a change",
        "mouth from b.png wihtout Mustache": "'wihtout' says nothing here; did you mean 'without'?",
        "mouth from b.png with Smiling without Smiling": "Smiling: switched on and off at once",
        "mouth from b.png without Smiling with Smiling": "Smiling: switched on and off at once",
        "mouth from b.png eyes 1,2,3": "'1,2,3' are no eyes",
        "mouth from b.png from c.png": "says 'from' twice; give it once, and a --change of its own",
        "mouth from b.png in nose in eyes": "says 'in' twice",
        "mouth from b.png eyes 1,2,3,4 with Smiling eyes 5,6,7,8": "says 'eyes' twice",
        "mouth from ''": "is not a change",
        "'' from b.png": "is not a change",
        "": "is not a change",
    }.items():
        with pytest.raises(UsageError) as caught:
            change(text)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        "without Mustache without Goatee with Smiling",
        "without Goatee with Smiling without Mustache",
        "with Smiling without Mustache,Goatee",
        "with Smiling without Mustache without Mustache,Goatee",
    ],
)
def test_attributes_that_are_said_one_by_one_add_up(words: str) -> None:
    assert change(f"mouth from b.png {words}") == Change(
        Path("b.png"), ("mouth",), attributes={"Smiling": True, "Mustache": False, "Goatee": False}
    )


def test_a_replay_gives_the_same_bytes(folder: Path, command: Command) -> None:
    assert command(*EDIT).out == "wrote out.png\nwrote edit.json\n"
    answer = command("edit", "--replay", "edit.json")
    assert answer.out == "wrote edit.png\n"
    assert answer.err == ""
    assert Path("edit.png").read_bytes() == Path("out.png").read_bytes()


def test_files_are_known_by_what_they_hold(folder: Path, command: Command) -> None:
    """Moved and renamed, they are found all the same; so is the model, among the runs."""
    assert command(*EDIT).status == 0
    (folder / "elsewhere").mkdir()
    for number, name in enumerate(["a.png", "b.png", "c.png", "mask.png", "edit.json"]):
        ending = Path(name).suffix
        shutil.move(folder / name, folder / "elsewhere" / f"{number}{ending}")
    (folder / "runs" / "mine").mkdir(parents=True)
    shutil.move(folder / "model.safetensors", folder / "runs" / "mine")
    assert command("edit", "--replay", "elsewhere/4.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("out.png").read_bytes()


def test_a_document_names_no_place_of_this_machine(folder: Path, command: Command) -> None:
    absolute = [
        folder / word if word in ("a.png", "out.png", "edit.json") else word for word in EDIT
    ]
    assert command(*absolute).status == 0
    assert str(folder) not in (folder / "edit.json").read_text()


def test_a_document_may_bring_pictures_along(folder: Path, command: Command) -> None:
    assert command(*EDIT).status == 0
    saved = read_document(Path("edit.json"))
    edit = saved.edit.mapped(lambda file: embedded(file.name, Path(file.name).read_bytes()))
    write_document(saved.model_copy(update={"edit": edit}), Path("whole.json"))
    for name in ("a.png", "b.png", "c.png", "mask.png"):
        Path(name).unlink()
    assert command("edit", "--replay", "whole.json").status == 0
    assert Path("whole.png").read_bytes() == Path("out.png").read_bytes()


def test_what_came_out_otherwise_is_said(folder: Path, command: Command) -> None:
    assert command(*EDIT).status == 0
    document = json.loads(Path("edit.json").read_text())
    document["edit"]["feather"] = 0
    Path("edit.json").write_text(json.dumps(document))
    answer = command("edit", "--replay", "edit.json")
    assert answer.status == 0
    assert "the edit's pixels are not those that were saved" in answer.err


def damaged(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """A document with something in it said otherwise."""

    def damage(folder: Path) -> None:
        document = json.loads((folder / "edit.json").read_text())
        changed = change(document) or document
        (folder / "edit.json").write_text(json.dumps(changed))

    return damage


def a_bomb() -> bytes:
    """Few bytes that are a picture of 400 million pixels."""
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no document": (lambda f: (f / "edit.json").unlink(), "edit.json: no such file"),
    "no JSON": (lambda f: (f / "edit.json").write_text("{"), "edit.json: is no edit's document"),
    "nested without end": (
        lambda f: (f / "edit.json").write_text("[" * 100_000),
        "edit.json: is no edit's document",
    ),
    "a picture": (lambda f: shutil.copy(f / "a.png", f / "edit.json"), "is no edit's document"),
    "a number": (damaged(lambda d: 7), "is no edit's document"),
    "another format": (damaged(lambda d: d.update(format=2)), "format: Input should be 1"),
    "an unknown key": (damaged(lambda d: d.update(run="rm")), "run: Extra inputs"),
    "no changes' list": (damaged(lambda d: d["edit"].update(changes=3)), "edit.changes: "),
    "no change": (damaged(lambda d: d["edit"].update(changes=[])), "edit.changes: "),
    "a region that there is not": (
        damaged(lambda d: d["edit"]["changes"][0].update(mask=["mout"])),
        "no region is called 'mout'",
    ),
    "a mask that is a text": (
        damaged(lambda d: d["edit"]["changes"][0].update(mask="mask.png")),
        "edit: Value error, 'mask.png' is no region, and no picture that is known",
    ),
    "an exemplar's mask that is a text": (
        damaged(lambda d: d["edit"]["changes"][1].update(exemplar_mask="a.b")),
        "edit: Value error, 'a.b' is no region, and no picture that is known",
    ),
    "a fingerprint that is none": (
        damaged(lambda d: d["edit"]["source"].update(sha256="../../etc/passwd")),
        "edit.source.sha256: ",
    ),
    "eyes that are none": (
        damaged(lambda d: d["edit"].update(eyes=[1, 2, 3])), "edit.eyes",
    ),
    "eyes beyond all": (
        damaged(lambda d: d["edit"].update(eyes=[1e300, 0, 0, 1e300])), "is outside the photograph",
    ),
    "a feather beyond all": (
        damaged(lambda d: d["edit"].update(feather=10**9)), "edit.feather: ",
    ),
    "a picture that has changed": (
        lambda f: photograph(70, 90, seed=9).save(f / "b.png"), "b.png is another file",
    ),
    "a picture that is gone": (lambda f: (f / "c.png").unlink(), "the edit needs c.png"),
    "a model that is gone": (
        lambda f: (f / "model.safetensors").unlink(), "the edit needs model.safetensors",
    ),
    "an embedded picture that is another": (
        damaged(lambda d: d["edit"]["source"].update(name="x", sha256="0" * 64, content="aGk=")),
        "the edit needs x,",
    ),
    "an embedded text": (
        damaged(lambda d: d["edit"].update(source=json.loads(
            embedded("x.png", b"this is text").model_dump_json()))),
        "edit.json: what it brings along is not an image",
    ),
    "an embedded bomb": (
        damaged(lambda d: d["edit"].update(source=json.loads(
            embedded("x.png", a_bomb()).model_dump_json()))),
        "edit.json: the picture has more than 250,000,000 pixels",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_replay(folder: Path, command: Command, case: str) -> None:
    damage, words = WRONG[case]
    assert command(*EDIT).status == 0
    damage(folder)
    answer = command("edit", "--replay", "edit.json")
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.startswith("ebgan-kit: ")
    assert answer.err.count("\n") == 1
    assert not Path("edit.png").exists()


def test_a_replay_overwrites_nothing_unasked(
    folder: Path, command: Command, model_file: Path
) -> None:
    assert command(*EDIT).status == 0
    Path("edit.png").write_text("mine")
    again = ["edit", "--replay", "edit.json"]
    assert "edit.png exists: say by -o where" in command(*again).err
    assert "b.png: is an input of this edit" in command(*again, "-o", "b.png").err
    other = command("edit", model_file, *again[1:], "-o", "new.png")
    assert "is not the model of this edit, model.safetensors" in other.err
    assert Path("edit.png").read_text() == "mine"
    assert not Path("new.png").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--replay", "edit.json", "--source", "a.png"], "--replay says all of it"),
        (["--replay", "edit.json", "--match-colours"], "--replay says all of it"),
        (["--replay", "edit.json", "--find-faces"], "--replay says all of it"),
        (["--replay", "edit.json", "--no-detail"], "--replay says all of it"),
        (["--source", "a.png", "-o", "x.png"], "nothing says what to change"),
        (["--exemplar", "a.png", "-o", "x.png"], "an edit takes --source, --output"),
        (
            ["--source", "a.png", "--change", "mouth from b.png", "--region", "nose", "-o", "x"],
            "--change says all of it",
        ),
        (
            ["--source", ".", "--change", "mouth from b.png", "-o", "x", "--save", "x.json"],
            "--save is for one photograph",
        ),
        (
            ["--source", "a.png", "--change", "mouth from b.png", "-o", "x.png", "--save", "a.png"],
            "a.png: a saved edit is JSON: write to a.json",
        ),
    ],
)  # fmt: skip
def test_words_that_do_not_fit(
    folder: Path, command: Command, words: list[str], sentence: str
) -> None:
    answer = command("edit", "model.safetensors", *words)
    assert answer.status == 2
    assert sentence in answer.err
    assert not Path("x.png").exists()
