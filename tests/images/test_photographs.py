"""Photographs as cameras and programs write them: each is seen as its maker saw it, or refused."""

from __future__ import annotations

import io
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fixtures.photographs import (
    ODD_EXIF,
    a_png,
    a_tiff,
    box,
    changed,
    exif_of,
    photograph,
    turned,
    written,
)
from PIL import Image, ImageCms, ImageOps

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.errors import UsageError
from ebgan_kit.images import opening
from ebgan_kit.images.colour_profile import to_profile
from ebgan_kit.images.levels import pixels
from ebgan_kit.images.opening import decode, opened
from ebgan_kit.images.orientation import upright_size
from ebgan_kit.images.photographs import find_breakage, read_photographs, upright_rgb
from ebgan_kit.images.pictures import size_of
from ebgan_kit.parts.masks.file import mask_of


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def read(content: bytes) -> Image.Image:
    return opened(io.BytesIO(content))


# Which way up

CAMERAS = ("JPEG", "PNG", "TIFF", "WEBP")


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", CAMERAS)
def test_every_orientation_of_every_kind(kind: str, orientation: int, tmp_path: Path) -> None:
    """The size is known right before and after the pixels are decoded; 0 and 9 are upright."""
    path = tmp_path / f"side.{kind.lower()}"
    path.write_bytes(written(photograph(30, 20), kind, exif=turned(orientation), quality=90))
    expected = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image = opened(path)
    assert expected.size == ((20, 30) if orientation in (5, 6, 7, 8) else (30, 20))
    assert size_of(image) == expected.size
    decode(image)
    assert size_of(image) == expected.size
    assert upright_rgb(image).tobytes() == expected.tobytes()
    assert upright_rgb(upright_rgb(image)).tobytes() == expected.tobytes()
    square = expected.crop((0, 5, 20, 25) if expected.height == 30 else (5, 0, 25, 20))
    assert torch.equal(read_photographs([path], 20), read_photographs_of(square, tmp_path))


def read_photographs_of(image: Image.Image, folder: Path) -> torch.Tensor:
    image.save(folder / "square.png")
    return read_photographs([folder / "square.png"], 20)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("name", ODD_EXIF)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_odd_exif_hides_no_orientation(kind: str, name: str, tmp_path: Path) -> None:
    content = written(photograph(30, 20), kind, exif=exif_of(*ODD_EXIF[name]))
    image = read(content)
    assert size_of(image) == (20, 30)
    assert upright_rgb(image).size == (20, 30)
    (tmp_path / "a").write_bytes(content)
    assert find_breakage(tmp_path / "a") is None
    assert read_photographs([tmp_path / "a"], 8).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", [b"Exif\0\0" + told for told in (b"no TIFF", b"", b"II*\0\xff")])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_exif_that_is_none_says_nothing(kind: str, exif: bytes, tmp_path: Path) -> None:
    content = written(photograph(30, 20), kind, exif=exif)
    assert size_of(read(content)) == upright_rgb(read(content)).size == (30, 20)
    (tmp_path / "a").write_bytes(content)
    assert read_photographs([tmp_path / "a"], 8).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_edited_upright(
    editor: Editor, tmp_path: Path, suffix: str, orientation: int
) -> None:
    """With a mask in the upright photograph's size, and the size known before it is decoded."""
    path = tmp_path / f"face{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    photograph(40, 60).save(path, exif=exif)
    with opened(path) as image:
        size = upright_size(image)
    assert size == ((40, 60) if orientation < 5 else (60, 40))
    mask = box(*size, 15, 15, 30, 30)
    with opened(path) as source:
        edited = editor.edit(source, photograph(70, 70), mask)
    with opened(path) as source:
        before = upright_rgb(source)
    assert edited.size == size
    assert not (changed(before, edited) & ~mask_of(mask)[0, 0]).any()


# How deep

RAMP = np.linspace(0, 1, 256, dtype=np.float64).reshape(16, 16)
"""From black to white, in the 256 levels."""

DEEP: dict[str, tuple[np.ndarray, int]] = {
    "floats from 0 to 1": (RAMP.astype("<f4"), 3),
    "floats of 8 bits": ((255 * RAMP).astype("<f4"), 3),
    "floats of 16 bits": ((65535 * RAMP).astype("<f4"), 3),
    "16 bits": ((65535 * RAMP).round().astype("<u2"), 1),
    "8 bits in 32": ((255 * RAMP).round().astype("<u4"), 1),
    "16 bits in 32": ((65535 * RAMP).round().astype("<u4"), 1),
    "16 bits in 32, signed": ((65535 * RAMP).round().astype("<i4"), 2),
    "31 bits": (((2**31 - 1) * RAMP).round().astype("<i4"), 2),
    "32 bits": (((2**32 - 1) * RAMP).round().astype("<u4"), 1),
}


@pytest.mark.parametrize("name", DEEP)
def test_grey_of_any_depth(name: str) -> None:
    seen = pixels(upright_rgb(read(a_tiff(*DEEP[name]))))
    assert torch.equal(seen, torch.arange(256).view(16, 16, 1).expand(-1, -1, 3))


def test_floats_beyond_black_and_white() -> None:
    """The sun, an overshoot of resampling, and what is no number."""
    values = np.full((100, 100), 0.5, dtype="<f4")
    values[0, :5] = 1.05, -0.2, 400, np.nan, np.inf
    seen = pixels(upright_rgb(read(a_tiff(values, 3))))[..., 0]
    assert seen[0, :5].tolist() == [255, 0, 255, 0, 255]
    assert (seen[1:] == 128).all()


def test_a_deep_level_that_is_transparent_shows_white() -> None:
    image = Image.fromarray(np.array([[0, 500, 65535, 30000]], dtype=np.uint16))
    seen = upright_rgb(read(written(image, "PNG", transparency=500)))
    assert pixels(seen)[0, :, 0].tolist() == [0, 255, 255, 116]


# Which colours


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_inks_without_a_profile_stay_as_they_were() -> None:
    for profile in (None, b"broken", srgb()):  # the last is none for inks
        content = written(photograph(30, 20, "CMYK"), "TIFF", icc_profile=profile)
        seen = upright_rgb(read(content))
        assert seen.tobytes() == Image.open(io.BytesIO(content)).convert("RGB").tobytes()
        assert "icc_profile" not in seen.info


def test_an_exemplar_is_brought_to_the_sources_colours() -> None:
    image = photograph(40, 60)
    image.info["icc_profile"] = srgb()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert to_profile(image, srgb()) is image
        same = to_profile(image, None)
    assert abs(np.array(same).astype(int) - np.array(image)).max() <= 2
    image.info["icc_profile"] = b"no profile"
    with pytest.warns(UserWarning, match="a colour profile cannot be read"):
        assert to_profile(image, None) is image


# What else a file may hold

LONG = bytes(range(32, 127)) * 30_000


@pytest.mark.parametrize("at_the_end", [False, True])
@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", b"workflow\0" + LONG),
        (b"zTXt", b"workflow\0\0" + zlib.compress(LONG)),
        (b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(LONG)),
        (b"iCCP", b"mine\0\0" + zlib.compress(LONG)),
    ],
    ids=lambda chunk: chunk[0].decode(),
)
def test_a_png_that_says_much(chunk: tuple[bytes, bytes], at_the_end: bool, tmp_path: Path) -> None:
    source = photograph(30, 20)
    (tmp_path / "a.png").write_bytes(a_png(written(source, "PNG"), chunk, at_the_end=at_the_end))
    assert find_breakage(tmp_path / "a.png") is None
    assert upright_rgb(opened(tmp_path / "a.png")).tobytes() == source.tobytes()
    assert read_photographs([tmp_path / "a.png"], 8).shape == (1, 3, 8, 8)


def test_a_png_that_says_too_much() -> None:
    bomb = (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 1))
    for at_the_end in (False, True):
        content = a_png(written(photograph(30, 20), "PNG"), bomb, at_the_end=at_the_end)
        with pytest.raises((UsageError, ValueError), match="too large"):
            upright_rgb(read(content))


# How large


def large(folder: Path, width: int = 1000, height: int = 1000) -> Path:
    """A picture that begins well."""
    (folder / "large.ppm").write_bytes(f"P5 {width} {height} 255\n".encode() + bytes(10**6))
    return folder / "large.ppm"


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`limit("1000")`: what the environment says; afterwards Pillow's limit is as it was."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    monkeypatch.setattr(opening, "_pillows", Image.MAX_IMAGE_PIXELS)
    return lambda text: monkeypatch.setenv("EBGAN_KIT_MAX_PIXELS", text)


def test_the_limit_is_said_and_can_be_raised(limit: Any, tmp_path: Path) -> None:
    path = large(tmp_path)
    limit("999999")
    words = r"large.ppm has more than 999,999 pixels: make it smaller, or .* set EBGAN_KIT_MAX_PIX"
    with pytest.raises(UsageError, match=words):
        opened(path)
    assert (find_breakage(path) or "").startswith("has more than 999,999 pixels: make it smaller")
    with pytest.raises(UsageError, match=words):
        read_photographs([path], 8)
    limit("1000000")
    assert upright_rgb(opened(path)).size == (1000, 1000)


def test_a_phone_of_200_megapixels_is_let_in(limit: Any, tmp_path: Path) -> None:
    assert opened(large(tmp_path, 16_320, 12_240)).size == (16_320, 12_240)
    with pytest.raises(UsageError, match="has more than 250,000,000 pixels"):
        opened(large(tmp_path, 16_320, 16_320))


@pytest.mark.parametrize("text", ["many", "0", "-5", "1e9", "", "٣"])
def test_a_limit_that_is_none(limit: Any, tmp_path: Path, text: str) -> None:
    limit(text)
    with pytest.raises(UsageError, match=f"EBGAN_KIT_MAX_PIXELS={text} is no number of pixels"):
        opened(large(tmp_path))


def test_a_program_keeps_the_limit_that_it_set(limit: Any, tmp_path: Path) -> None:
    Image.MAX_IMAGE_PIXELS = 1000
    with pytest.raises(UsageError, match="has more than 1,000 pixels"):
        opened(large(tmp_path))
    Image.MAX_IMAGE_PIXELS = None
    opened(large(tmp_path, 16_320, 16_320))


# Kinds that are read by others, or by nobody


def test_a_phones_heic(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    source = photograph(8, 6).resize((64, 48), Image.Resampling.BICUBIC)
    heif.from_pillow(source).save(tmp_path / "me.jpg", quality=-1)  # its content counts
    assert find_breakage(tmp_path / "me.jpg") is None
    assert size_of(opened(tmp_path / "me.jpg")) == (64, 48)
    seen = pixels(upright_rgb(opened(tmp_path / "me.jpg"))).int()
    assert (seen - pixels(source).int()).abs().float().mean() < 10
    assert read_photographs([tmp_path / "me.jpg"], 8).shape == (1, 3, 8, 8)


HEIC = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(100)


def test_heic_without_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "HEIF"])
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    (tmp_path / "me.jpg").write_bytes(HEIC)
    told = find_breakage(tmp_path / "me.jpg") or ""
    assert told.startswith("is HEIC, which nothing here reads: pip install 'ebgan-kit[heic]'")


def test_half_a_heic(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    (tmp_path / "me.heic").write_bytes(HEIC)
    assert find_breakage(tmp_path / "me.heic") == "does not decode (it is not an image)"


def test_a_tiff_that_is_not_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(a_tiff(RAMP, 3))
    assert "a TIFF of a kind that is not read here" in (find_breakage(tmp_path / "a.tif") or "")


def test_postscript_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    assert (find_breakage(tmp_path / "a.png") or "").startswith("is a program that draws")
