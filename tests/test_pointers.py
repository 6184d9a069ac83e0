"""What lies in a file's place is named, with the way to the file itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import find_breakage
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.cache.packed import Packed

LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 6211284\n"

CASES = {
    "a pointer of Git LFS": (LFS.encode(), "fetch the file by git lfs pull"),
    "a pointer of git-annex": (b"/annex/objects/MD5E-s9--4d\n", "fetch the file by git annex get"),
    "a web page": (b"\n<!DOCTYPE html>\n<html>404</html>", "download the file"),
    "a web page without a type": (b"<HTML><body>Sign in</body></HTML>", "download the file"),
    "an archive": (b"PK\x03\x04" + bytes(60), "it is a zip archive"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_lies_in_a_files_place_is_named(case: str, tmp_path: Path) -> None:
    content, words = CASES[case]
    for name in ("model.safetensors", "faces.safetensors", "photograph.jpg"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"model.safetensors: is not a whole.*{words}"):
        ModelFile.open(tmp_path / "model.safetensors")
    with pytest.raises(UsageError, match=f"faces.safetensors: is not a whole.*{words}"):
        Packed(file=tmp_path / "faces.safetensors")
    assert words in (find_breakage(tmp_path / "photograph.jpg") or "")
