"""Files that look like pictures, and are opened with care."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures.photographs import photograph
from PIL import Image, PngImagePlugin

from ebgan_kit.errors import UsageError
from ebgan_kit.images.opening import opened
from ebgan_kit.images.orientation import set_upright, upright_size
from ebgan_kit.images.photographs import find_breakage

NO_FILE: dict[str, Callable[[Path], Any]] = {
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": os.mkdir,
}


@pytest.mark.parametrize("case", NO_FILE)
def test_what_is_no_file_is_not_waited_for(case: str, tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    NO_FILE[case](path)
    with pytest.raises(UsageError, match=r"face\.png is no file"):
        opened(path)
    assert find_breakage(path)


def test_a_text_by_the_name_of_exif_says_nothing_of_the_orientation(tmp_path: Path) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("exif", "Raw profile type exif")
    photograph(40, 60).save(tmp_path / "face.png", pnginfo=told)
    with Image.open(tmp_path / "face.png") as image:
        assert upright_size(image) == (40, 60)
        assert set_upright(image).tobytes() == photograph(40, 60).tobytes()
