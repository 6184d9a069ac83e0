"""Files: written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ebgan_kit.errors import UsageError
from ebgan_kit.files.names import legible, nearest_path
from ebgan_kit.files.writing import draft, write_json


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_who_reads_json_while_it_is_written_reads_all_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_json(path, {"value": 1})
    with open(path, encoding="utf-8") as reader:
        write_json(path, {"value": 2})
        assert reader.read() == '{\n  "value": 1\n}\n'
    assert path.read_text(encoding="utf-8") == '{\n  "value": 2\n}\n'
    assert os.listdir(tmp_path) == ["figures.json"]


def test_a_pipe_takes_the_content_and_stays(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_json(pipe, [])
    reader.join(timeout=10)
    assert read == ["[]\n"]
    assert os.listdir(tmp_path) == ["pipe"]
    assert pipe.is_fifo()


def test_a_link_to_a_pipe_takes_the_content() -> None:
    """As /dev/stdout does, and what a shell makes of `>(jq .)`."""
    read, write = os.pipe()
    write_json(Path(f"/dev/fd/{write}"), [1])
    os.close(write)
    with open(read, encoding="utf-8") as taken:
        assert taken.read() == "[\n  1\n]\n"


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path, umask: None) -> None:
    """Whatever the library that fills it makes of its own files."""
    with draft(tmp_path / "new") as unfinished:
        unfinished.unlink()
        os.close(os.open(unfinished, os.O_CREAT, 0o600))
    assert mode(tmp_path / "new") == 0o640


def test_a_file_that_is_written_over_keeps_its_mode(tmp_path: Path, umask: None) -> None:
    (tmp_path / "old").touch(0o600)
    write_json(tmp_path / "old", [])
    assert mode(tmp_path / "old") == 0o600


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_json(tmp_path / "link", [])
    write_json(tmp_path / "link", [1])
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "file").read_text()) == [1]


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    write_json(tmp_path / ("a" * 255), [])
    assert os.listdir(tmp_path) == ["a" * 255]


@pytest.mark.parametrize(
    ("number", "way"),
    [
        (errno.ENOSPC, "No space left on device: make room, or write somewhere else"),
        (errno.EROFS, "Read-only file system: write somewhere else"),
    ],
)
def test_what_a_disk_says_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, way: str
) -> None:
    (tmp_path / "figures.json").write_text("old")

    def refuse(*given: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UsageError) as caught:
        write_json(tmp_path / "figures.json", [])
    assert str(caught.value) == f"{tmp_path / 'figures.json'}: cannot be written: {way}"
    assert isinstance(caught.value, OSError)  # who catches that still does
    assert caught.value.errno == number
    assert os.listdir(tmp_path) == ["figures.json"]
    assert (tmp_path / "figures.json").read_text() == "old"


def test_a_name_that_is_no_text_is_written_as_far_as_it_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    write_json(tmp_path / name, [name, "né"])
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert json.loads(written) == ["caf\ufffd", "né"] == [legible(name), legible("né")]


def test_the_nearest_path_mends_each_name(tmp_path: Path) -> None:
    (tmp_path / "runs" / "quickstart").mkdir(parents=True)
    assert nearest_path(tmp_path / "rnus" / "quikstart") == tmp_path / "runs" / "quickstart"
    assert nearest_path(tmp_path / "else" / "quickstart") is None


def test_two_that_write_one_file_at_once(tmp_path: Path) -> None:
    with draft(tmp_path / "x") as one, draft(tmp_path / "x") as other:
        assert one != other
        one.write_text("1")
        other.write_text("2")
    assert (tmp_path / "x").read_text() == "1"
