"""Photographs as files come: checked, opened, set upright, cut to a square and made a tensor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import from_bytes, pixels

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
    try:
        with Image.open(path) as image:
            box, scale = _draft(image, size, crop)
            upright = upright_rgb(image)
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        raise UsageError(f"{path} does not decode: {wrong}") from wrong
    left, top, right, bottom = (edge / scale for edge in box)
    if upright.size != image.size:  # the photograph lay on its side
        left, top, right, bottom = top, left, bottom, right
    square = upright.resize(
        (size, size), Image.Resampling.BICUBIC, (left, top, right, bottom), reducing_gap=3
    )
    return pixels(square).permute(2, 0, 1)


def _draft(
    image: Image.Image, size: int, crop: int | None
) -> tuple[tuple[int, int, int, int], int]:
    """Let a JPEG be decoded at 1/2, 1/4 or 1/8 of its size, where its square stays large enough.

    Returns the square in the full photograph, and by what whole number it was reduced. Decoding
    64x64 faces of CelebA so takes half the time, and differs by as little as another filter.
    """
    width, height = image.size
    box = centre_square(width, height, crop)
    reduction = (box[2] - box[0]) / size
    scale = max((k for k in (1, 2, 4, 8) if k <= reduction), default=1)
    image.draft(None, (width // scale, height // scale))
    return box, round(width / image.size[0])


def upright_rgb(image: Image.Image) -> Image.Image:
    """Any image as a person sees it, in 8-bit RGB.

    The camera's orientation (EXIF) is followed, 16-bit grey is scaled to 8 bits, and what is
    transparent shows white. Of what the file says beside that, the profile of its colours stays.
    """
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (255 / 65535)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB")
    image.info = {"icc_profile": profile} if profile else {}
    return image


def find_breakage(path: Path) -> str | None:
    """Why an image file cannot be used, or None; its pixels are not decoded where that is safe.

    A JPEG or PNG whose header can be read and which ends as it should is taken for whole: that
    finds missing, empty, cut off and mislabelled files, in some 0.05 ms each. Any other file is
    decoded. Damage in the middle of a file that has both ends shows when it is read.
    """
    try:
        whole = has_both_ends(path)
        with Image.open(path) as image:
            if not whole:
                image.load()
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        return f"does not decode ({_reason(path, wrong)})"
    return None


def _reason(path: Path, wrong: Exception) -> str:
    if path.is_file() and path.stat().st_size == 0:
        return "it is empty"
    if isinstance(wrong, Image.UnidentifiedImageError):
        return "it is not an image"
    return getattr(wrong, "strerror", None) or str(wrong)


def has_both_ends(path: str | Path) -> bool:
    """True for a file that begins and ends as a JPEG or a PNG does."""
    with open(path, "rb") as file:
        start = file.read(8)
        file.seek(-min(8, os.fstat(file.fileno()).st_size), os.SEEK_END)
        end = file.read()
    return any(start.startswith(first) and end.endswith(last) for first, last in _ENDS)
