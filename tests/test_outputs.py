"""Outputs: tried before the work, and none of them is an input."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from ebgan_kit.errors import UsageError
from ebgan_kit.files.outputs import require_writable

TARGETS = {
    "no folder": ("away/out.json", "the folder away does not exist; make it first"),
    "a folder": ("folder", "folder is a folder: name a file in it"),
    "the folder itself": (".", ". is a folder: name a file in it"),
    "a file for a folder": ("text/out.json", "text is a file, and no folder"),
    "a file for one above": ("text/in/out.json", "text is a file, and no folder"),
    "a long name": ("a" * 300, "cannot be written: File name too long: take a shorter name"),
    "a link to nowhere": ("lost", "away does not exist; make it first"),
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("text")
    (tmp_path / "lost").symlink_to("away/out.json")
    return tmp_path


def names() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def said_of(*targets: Any, **more: Any) -> str:
    before = names()
    with pytest.raises(UsageError) as caught:
        require_writable([Path(target) for target in targets], **more)
    assert names() == before
    return str(caught.value)


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_that_cannot_be_written(case: str) -> None:
    target, sentence = TARGETS[case]
    assert sentence in said_of(target)


def test_a_target_that_can_be_written_is_left_alone() -> None:
    before = names()
    require_writable([Path("text"), Path("new"), Path("a" * 255), None], [None])
    assert names() == before
    assert Path("text").read_text() == "text"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_refuses_is_asked_once(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*given: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    said = said_of("new", "newer")
    assert said.startswith(f"new: cannot be written: {os.strerror(number)}: ")
    assert "newer" not in said


def test_a_disk_that_takes_names_and_no_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", full)
    assert said_of("new").startswith("new: cannot be written: No space left on device: make room")


def test_a_folder_that_is_to_be_made() -> None:
    before = names()
    require_writable([Path("more/inner/out.png")], folder=Path("more/inner"))
    assert names() == before
    assert "text is a file" in said_of("text/out.png", folder="text")
    assert "too long" in said_of(f"{'a' * 300}/out.png", folder=Path("a" * 300))


def test_a_device_is_not_tried() -> None:
    require_writable([Path(os.devnull), Path(os.devnull)])


@pytest.mark.parametrize("name", ["text", "./text", "folder/../text", "link", "hard", "way/text"])
def test_no_target_is_an_input(name: str) -> None:
    Path("link").symlink_to("text")
    Path("way").symlink_to(".")
    os.link("text", "hard")
    assert said_of(name, inputs=[Path("text")]) == (
        f"{Path(name)}: is an input of this command: write somewhere else"
    )
    assert f"{Path(name)}: would be written twice" in said_of("text", name)


def test_two_targets_that_are_not_there_yet() -> None:
    assert "new: would be written twice: give each output a name" in said_of("new", "folder/../new")


def test_no_target_takes_the_place_of_a_face() -> None:
    """What is new in their folder does not, and no data reads JSON."""
    for name in ("a.png", "table.csv", "figures.json"):
        Path("folder", name).touch()
    for name in ("a.png", "table.csv"):
        said = said_of(f"folder/{name}", inputs=[Path("folder")])
        assert said.startswith(f"folder/{name}: is a file of folder, an input of this command")
    require_writable([Path("folder/new.png"), Path("folder/figures.json")], [Path("folder")])
