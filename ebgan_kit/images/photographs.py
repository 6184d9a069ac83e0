"""Photographs as files come: checked, opened, set upright, cut to a square and made a tensor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.files.pointers import placeholder
from ebgan_kit.files.writing import is_special
from ebgan_kit.images.bands import bands
from ebgan_kit.images.colour_profile import PROFILE, in_srgb
from ebgan_kit.images.depth import eight_bits
from ebgan_kit.images.levels import from_bytes, pixels
from ebgan_kit.images.opening import opened
from ebgan_kit.images.orientation import set_upright, upright_size

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".heic", ".heif", ".hif", ".bmp",
    ".dib", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k",
)  # fmt: skip
"""Suffixes of image files, in small letters."""

DAMAGE = (OSError, SyntaxError, Image.DecompressionBombError)
"""Pillow's errors for damage inside a file, and for one that would fill the memory."""

_ENDS = (
    (b"\xff\xd8\xff", b"\xff\xd9"),  # JPEG: start of image, end of image
    (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),  # PNG: signature, last chunk with its checksum
)

_UNKNOWN_TIFF = "it is a TIFF of a kind that is not read here: save it with 8 bits a channel"

_BRIGHT = 0.99
"""The share of a photograph's values that white is to hold; a few of the sun are brighter."""


def centre_square(width: int, height: int, crop: int | None = None) -> tuple[int, int, int, int]:
    """The square in the middle of an image, as (left, top, right, bottom) in pixels.

    Its side is `crop`, or the image's smaller side where that is less or no crop is given.
    """
    side = min(width, height, crop or width)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def read_photographs(paths: Sequence[Path], size: int, crop: int | None = None) -> Tensor:
    """The centre squares of image files as a batch, [B, 3, size, size], float32 in [-1, 1].

    Raises UsageError, naming the file, for one that does not decode.
    """
    return from_bytes(torch.stack([_read_photograph(path, size, crop) for path in paths]))


def _read_photograph(path: Path, size: int, crop: int | None) -> Tensor:
    """[3, size, size], uint8."""
    with decoding(path) as image:
        box = centre_square(*upright_size(image), crop)
        scale = reduced(image, (box[2] - box[0]) / size)
        upright = upright_rgb(image)
    left, top, right, bottom = (edge / scale for edge in box)
    square = upright.resize(
        (size, size), Image.Resampling.BICUBIC, (left, top, right, bottom), reducing_gap=3
    )
    return pixels(square).permute(2, 0, 1)


@contextmanager
def decoding(path: Path) -> Iterator[Image.Image]:
    """Open a photograph to decode it meanwhile; UsageError, which names it, where that fails."""
    try:
        with opened(path) as image:
            yield image
    except UsageError:
        raise
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        raise UsageError(f"{path} does not decode: {wrong}") from wrong


def reduced(image: Image.Image, reduction: float) -> int:
    """Let a JPEG be decoded at 1/2, 1/4 or 1/8 of its size, where it is to be reduced by as much.

    Returns by what whole number it was. Decoding 64x64 faces of CelebA so takes half the time, and
    differs by as little as another filter.
    """
    if image.format not in ("JPEG", "MPO"):
        return 1
    width, height = image.size
    scale = max((k for k in (1, 2, 4, 8) if k <= reduction), default=1)
    image.draft(None, (width // scale, height // scale))
    return round(width / image.size[0])


def upright_rgb(image: Image.Image) -> Image.Image:
    """Any image as a person sees it, in 8-bit RGB; returns the image itself where it is that.

    The camera's orientation (EXIF) is followed, deep grey is scaled to 8 bits (`eight_bits`), and
    what is transparent shows white. Of what the file says beside that, the profile of its colours
    stays. UsageError for an image that does not decode.
    """
    upright = set_upright(image)
    profile = upright.info.get(PROFILE) if upright.mode in ("RGB", "RGBA", "P") else None
    told: dict[str | tuple[int, int], Any] = {PROFILE: profile} if profile else {}
    if (type(upright), upright.mode, upright.info) == (Image.Image, "RGB", told):
        return upright
    seen = eight_bits(upright, _BRIGHT)
    rgb = in_srgb(seen) if seen.mode == "CMYK" else _on_white(seen)
    rgb = rgb.copy() if rgb is image else rgb
    rgb.info = told
    return rgb


def _on_white(image: Image.Image) -> Image.Image:
    """In RGB, over white where it is transparent."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    rgb = Image.new("RGB", image.size)
    for band in bands((0, 0, *image.size)):
        part = image.crop(band).convert("RGBA")
        rgb.paste(Image.alpha_composite(Image.new("RGBA", part.size, "white"), part), band)
    return rgb


def find_breakage(path: Path) -> str | None:
    """Why an image file cannot be used, or None; its pixels are not decoded where that is safe.

    A JPEG or PNG whose header can be read and which ends as it should is taken for whole: that
    finds missing, empty, cut off and mislabelled files, in some 0.05 ms each. Any other file is
    decoded. Damage in the middle of a file that has both ends shows when it is read. A pipe, which
    can be read but once and may never end, is not opened.
    """
    if is_special(path):
        return "is a pipe or a device: write what it gives to a file, and name that"
    try:
        whole = has_both_ends(path)
        with opened(path) as image:
            if not whole:
                image.load()
    except UsageError as wrong:
        return str(wrong).removeprefix(f"{path} ")
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        return f"does not decode ({_reason(path, wrong)})"
    return None


def _reason(path: Path, wrong: Exception) -> str:
    if path.is_file() and path.stat().st_size == 0:
        return "it is empty"
    if isinstance(wrong, Image.UnidentifiedImageError):
        known = _UNKNOWN_TIFF if _is_tiff(path) else placeholder(path)
        return known or "it is not an image"
    return getattr(wrong, "strerror", None) or str(wrong)


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*")


def has_both_ends(path: str | Path) -> bool:
    """True for a file that begins and ends as a JPEG or a PNG does."""
    with open(path, "rb") as file:
        start = file.read(8)
        file.seek(-min(8, os.fstat(file.fileno()).st_size), os.SEEK_END)
        end = file.read()
    return any(start.startswith(first) and end.endswith(last) for first, last in _ENDS)
