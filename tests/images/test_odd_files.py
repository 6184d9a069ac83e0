"""Photographs and masks as cameras, scanners and painters write them."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from fixtures.photographs import box, changed, photograph
from PIL import Image, ImageCms, PngImagePlugin

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.errors import UsageError
from ebgan_kit.images.blend import fading
from ebgan_kit.images.colour_profile import to_profile
from ebgan_kit.images.opening import LIMIT, opened
from ebgan_kit.images.orientation import set_upright, upright_size
from ebgan_kit.images.photographs import read_photographs, upright_rgb
from ebgan_kit.parts.masks.file import mask_of

WIDTH, HEIGHT = 40, 60


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def filled(mask: Image.Image) -> list[bool]:
    """Of the masks below: where the left half and the right half are filled."""
    found = mask_of(mask)[0, 0]
    left, right = found[:, : WIDTH // 2], found[:, WIDTH // 2 :]
    assert left.all() or not left.any()
    assert right.all() or not right.any()
    return [bool(left.all()), bool(right.all())]


def halves(mode: str, left: object, right: object) -> Image.Image:
    mask = Image.new(mode, (WIDTH, HEIGHT), left)
    mask.paste(right, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return mask


def deep(kind: type, left: float, right: float) -> Image.Image:
    values = np.full((HEIGHT, WIDTH), left, kind)
    values[:, WIDTH // 2 :] = right
    return Image.fromarray(values)


MASKS = {
    "grey": (halves("L", 0, 255), [False, True]),
    "transparent white": (halves("RGBA", (255, 255, 255, 0), (255, 255, 255, 255)), [False, True]),
    "transparent white, grey": (halves("LA", (255, 0), (255, 255)), [False, True]),
    "a black brush on nothing": (halves("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), [False, True]),
    "a red brush on nothing": (halves("RGBA", (0, 0, 0, 0), (200, 0, 0, 255)), [False, True]),
    "black and white, opaque": (halves("RGBA", (0, 0, 0, 255), (255,) * 4), [False, True]),
    "all black, opaque": (halves("RGBA", (0, 0, 0, 255), (0, 0, 0, 255)), [False, False]),
    "16 bits on a dark ground": (deep(np.uint16, 9_000, 65_535), [False, True]),
    "32 bits": (deep(np.int32, 0, 255), [False, True]),
    "floating point to 1": (deep(np.float32, 0.1, 1), [False, True]),
    "floating point to 255": (deep(np.float32, 60, 255), [False, True]),
    "one bit": (halves("1", 0, 1), [False, True]),
}


@pytest.mark.parametrize("case", MASKS)
def test_a_mask_is_filled_where_it_is_light_and_opaque(case: str) -> None:
    mask, expected = MASKS[case]
    assert filled(mask) == expected


@pytest.mark.parametrize(
    ("kind", "white"),
    [(np.float32, 1.0), (np.float32, 255.0), (np.uint16, 65_535), (np.int32, 255)],
)
def test_a_deep_photograph_is_not_black(tmp_path: Path, kind: type, white: float) -> None:
    grey = np.array(photograph(WIDTH, HEIGHT, "L"))
    Image.fromarray((grey * (white / 255)).astype(kind)).save(tmp_path / "deep.tif")
    with opened(tmp_path / "deep.tif") as image:
        seen = np.array(upright_rgb(image).getchannel("R")).astype(int)
    assert abs(seen - grey).max() <= 1


# Which way up


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_every_format(
    editor: Editor, tmp_path: Path, suffix: str, orientation: int
) -> None:
    """With a mask in the upright photograph's size, and the size known before it is decoded."""
    path = tmp_path / f"face{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    photograph(WIDTH, HEIGHT).save(path, exif=exif)
    with opened(path) as image:
        size = upright_size(image)
    assert size == ((WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH))
    mask = box(*size, 15, 15, 30, 30)
    with opened(path) as source:
        edited = editor.edit(source, photograph(70, 70), mask)
    with opened(path) as source:
        before = upright_rgb(source)
    assert edited.size == size
    assert not (changed(before, edited) & ~mask_of(mask)[0, 0]).any()


ODD_EXIF = {
    "an ASCII width beside orientation 6": b"Exif\0\0MM\0*\0\0\0\x08\0\x02"
    b"\x01\0\0\x02\0\0\0\x02" + b"a\0\0\0" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + bytes(4),
    "no TIFF": b"Exif\0\0this is no TIFF at all",
    "cut": b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01",
    "empty": b"Exif\0\0",
}


@pytest.mark.parametrize("case", ODD_EXIF)
def test_a_sound_photograph_with_odd_exif(tmp_path: Path, case: str) -> None:
    path = tmp_path / "face.jpg"
    photograph(WIDTH, HEIGHT).save(path, exif=ODD_EXIF[case], quality=95)
    turned = "orientation 6" in case
    with opened(path) as image:
        assert upright_size(image) == ((HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT))
        assert set_upright(image).size == ((HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT))
    assert read_photographs([path], 32).shape == (1, 3, 32, 32)


def test_a_mask_is_set_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    halves("L", 0, 255).save(tmp_path / "mask.png", exif=exif)
    with opened(tmp_path / "mask.png") as mask:
        assert filled(mask) == [True, False]


# What else a file brings along


def test_a_png_with_a_large_text_is_read(tmp_path: Path) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Comment", "x" * 3_000_000, zip=True)
    told.add_text("Other", "y" * 2_000_000)
    photograph(WIDTH, HEIGHT).save(tmp_path / "face.png", pnginfo=told)
    with opened(tmp_path / "face.png") as image:
        assert upright_rgb(image).tobytes() == photograph(WIDTH, HEIGHT).tobytes()


def test_an_exemplar_is_brought_to_the_sources_colours() -> None:
    image = photograph(WIDTH, HEIGHT)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.info["icc_profile"] = srgb
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert to_profile(image, srgb) is image
        same = to_profile(image, None)
    assert abs(np.array(same).astype(int) - np.array(image)).max() <= 2
    image.info["icc_profile"] = b"no profile"
    with pytest.warns(UserWarning, match="a colour profile cannot be read"):
        assert to_profile(image, None) is image


def test_heic_is_read_by_its_package_or_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "face.jpg"  # whatever it is called
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(UsageError, match=r"is HEIC, .*pip install 'ebgan-kit\[heic\]'"):
        opened(path)


def test_the_limit_of_pixels_says_how_to_raise_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photograph(WIDTH, HEIGHT).save(tmp_path / "face.png")
    monkeypatch.setenv(LIMIT, "2000")
    with pytest.raises(UsageError, match=f"more than 2,000 pixels: .* set {LIMIT} to more"):
        opened(tmp_path / "face.png")
    monkeypatch.setenv(LIMIT, "2400")
    with opened(tmp_path / "face.png") as image:
        assert image.size == (WIDTH, HEIGHT)
    monkeypatch.setenv(LIMIT, "many")
    with pytest.raises(UsageError, match=f"{LIMIT}=many is no number of pixels"):
        opened(BytesIO())
    monkeypatch.delenv(LIMIT)
    with pytest.raises(Exception, match="cannot identify"):
        opened(BytesIO())


@pytest.mark.parametrize("width", [1, 7, 200, 1000])
def test_a_soft_edge_is_the_share_of_a_square(width: int) -> None:
    area = torch.zeros(1, 1, 50, 70, dtype=torch.bool)
    area[..., 10:40, 20:60] = True
    found = fading(area, width)
    for y, x in ((0, 0), (10, 20), (25, 40), (39, 59)):
        part = area[..., max(0, y - width) : y + width + 1, max(0, x - width) : x + width + 1]
        expected = (2 * part.double().mean() - 1).clamp(0, 1).item()
        assert found[0, 0, y, x].item() == pytest.approx(expected, abs=1e-6)
