"""Which files of a folder are its photographs, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.images import listing
from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.photographs import SUFFIXES, find_breakage


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


HIDDEN = (".ipynb_checkpoints/a-checkpoint.jpg", "more/.thumbnails/b.jpg", "__MACOSX/._a.jpg")


def test_hidden_files_and_folders_are_no_photographs(tmp_path: Path) -> None:
    found = list_photographs(fill(tmp_path, "a.jpg", "more/b.JPG", *HIDDEN), inside=True)
    assert found.photographs == ["a.jpg", "more/b.JPG"]
    assert found.sentence() == f"{tmp_path}: files passed over: 3 (2 hidden folder, 1 hidden)"


def test_a_hidden_folder_that_is_asked_for_is_read(tmp_path: Path) -> None:
    assert list_photographs(fill(tmp_path / ".faces", "a.jpg")).photographs == ["a.jpg"]


def test_files_passed_over_are_counted_by_reason(tmp_path: Path) -> None:
    fill(
        tmp_path, "a.jfif", "b.jpe", "c.pgm", "notes.txt", "d.CR2", "e.txt", "README", "more/f.png"
    )
    os.mkfifo(tmp_path / "g.png")
    found = list_photographs(tmp_path)
    assert found.photographs == ["a.jfif", "b.jpe", "c.pgm"]
    assert found.sentence() == (
        f"{tmp_path}: files passed over: 6 (2 with the suffix .txt, 1 without a suffix, "
        "1 with the suffix .cr2, 1 pipe or device, 1 folder inside)"
    )


def test_nothing_is_said_where_nothing_is_passed_over(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    list_photographs(fill(tmp_path, "a.jpg")).warn()
    assert list(recwarn) == []


def test_a_format_that_has_no_reader_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {".jpg": "JPEG"}  # Pillow without pillow-heif, or with an older build
    monkeypatch.setattr(Image, "registered_extensions", lambda: known)
    monkeypatch.setattr(listing, "find_spec", lambda name: None)
    found = list_photographs(fill(tmp_path, "a.jpg", "b.HEIC", "c.avif"))
    assert found.photographs == ["a.jpg"]
    assert "1 with the suffix .heic, for want of pillow-heif" in found.sentence()
    assert "1 with the suffix .avif, for want of a reader in Pillow" in found.sentence()
    monkeypatch.setattr(listing, "find_spec", lambda name: name == "pillow_heif")
    assert list_photographs(tmp_path).photographs == ["a.jpg", "b.HEIC"]


def test_linked_folders_are_read_and_no_folder_twice(tmp_path: Path) -> None:
    root, away = fill(tmp_path / "root", "people/a.jpg"), fill(tmp_path / "away", "in/b.jpg")
    links = {"alias": root / "people", "back": root, "far": away, "far-again": away / "in"}
    for name, target in links.items():
        (root / name).symlink_to(target)
    (away / "in" / "up").symlink_to(root)
    (root / "itself").symlink_to("itself")
    found = list_photographs(root, inside=True)
    assert found.photographs == ["far/in/b.jpg", "people/a.jpg"]
    again = [path for path, why in found.passed_over.items() if "read already" in why]
    assert sorted(again) == ["alias", "back", "far-again", "far/in/up"]


def test_linked_files_are_photographs_and_a_link_to_nowhere_is_broken(tmp_path: Path) -> None:
    root = fill(tmp_path / "root", "a.jpg")
    (root / "b.jpg").symlink_to(root / "a.jpg")
    (root / "c.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert list_photographs(root).photographs == ["a.jpg", "b.jpg", "c.jpg"]
    assert "does not decode" in (find_breakage(root / "c.jpg") or "")


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, scan = fill(tmp_path, "a.jpg", "closed/b.jpg"), os.scandir

    def scandir(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list_photographs(root, inside=True)
    assert found.photographs == ["a.jpg"]
    assert "1 folder that cannot be read" in found.sentence()
    with pytest.raises(UsageError, match="closed: cannot be read: Permission denied"):
        list_photographs(root / "closed")


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s not in (".heic", ".heif", ".hif")])
def test_every_suffix_is_of_a_format_that_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    mode = {".pbm": "1", ".pgm": "L"}.get(suffix, "RGB")
    Image.new(mode, (20, 20)).save(path)
    assert list_photographs(tmp_path).photographs == [path.name]
    assert find_breakage(path) is None
