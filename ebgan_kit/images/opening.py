"""A picture's file, opened and decoded within limits."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from threading import Lock
from typing import IO

from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from ebgan_kit.errors import UsageError


class Unreadable(UsageError):
    """A picture that does not decode."""


LIMIT = "EBGAN_KIT_MAX_PIXELS"
"""The environment variable that says how many pixels a picture may have."""

MOST_PIXELS = 250_000_000
"""That limit if nobody says another: phones take photographs of 200 million."""

PngImagePlugin.MAX_TEXT_CHUNK = max(PngImagePlugin.MAX_TEXT_CHUNK, 2**26)
"""Bytes of one text or profile in a PNG: Pillow refuses a picture for more than 1 MiB."""

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
"""Brands of pictures as phones compress them."""

_pillows = 2**30 // 12
"""Pillow's limit of pixels, as it is unless a program has chosen one."""

_turn = Lock()
"""Filters of warnings are those of all threads: they are changed by one at a time."""


def opened(
    file: Path | IO[bytes],
    formats: tuple[str, ...] | None = None,
    called: str = "",
    most: int | None = None,
) -> Image.Image:
    """Open a picture, whose pixels are not decoded yet.

    `formats`: Pillow's names of those that it may have; any if not given. `called`: its name in
    errors. `most`: a limit of pixels below that of `EBGAN_KIT_MAX_PIXELS`. UsageError for a picture
    of more pixels, for HEIC that nothing here reads, for a format that is a program, and for a path
    to a folder or a pipe. For a file that is no picture Pillow raises OSError, or almost anything.
    """
    called = called or (str(file) if isinstance(file, Path) else "the picture")
    if isinstance(file, Path) and file.exists() and not file.is_file():  # a pipe would block
        raise UsageError(f"{called} is no file: give that of a picture")
    _take_over_the_limit()
    try:
        with _turn, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=list(formats) if formats else None)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(called, most) from None
    except UnidentifiedImageError:
        if "HEIF" in (formats or Image.OPEN) or not _is_heic(file):
            raise
        _learn_heic(called)
        return opened(file, ("HEIF",), called, most)
    if most is not None and image.width * image.height > most:
        raise _too_large(called, most)
    if image.format == "EPS":
        raise UsageError(f"{called} is a program that draws (PostScript): save it as a PNG")
    return image


def decode(image: Image.Image) -> None:
    """Decode an opened picture; Unreadable, which names its file, for damage."""
    name = getattr(image, "filename", "") or "the picture"
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        image.filename = ""  # Pillow 12 maps a named one by its upright size, and garbles its rows
    try:
        image.load()
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        raise Unreadable(f"{name} does not decode: {wrong}") from wrong
    if image.mode in ("P", "PA") and image.palette is None:
        raise Unreadable(f"{name} does not decode: it has a palette, and brings none along")


def _take_over_the_limit() -> None:
    """Make Pillow's limit the kit's; a program that has set Pillow's keeps its own."""
    global _pillows
    if _pillows == Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = _pillows = _most_pixels()


def _most_pixels() -> int:
    text = os.environ.get(LIMIT, str(MOST_PIXELS))
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise UsageError(f"{LIMIT}={text} is no number of pixels: write it like {MOST_PIXELS}")
    return int(text)


def _too_large(called: str, most: int | None) -> UsageError:
    if most is not None:
        return UsageError(
            f"{called} has more than {most // 1_000_000} million pixels: make it smaller"
        )
    return UsageError(
        f"{called} has more than {Image.MAX_IMAGE_PIXELS:,} pixels: make it smaller, or where "
        f"there is the memory for it set {LIMIT} to more"
    )


def _is_heic(file: Path | IO[bytes]) -> bool:
    """True for a file that begins with the brands of HEIC."""
    if isinstance(file, Path):
        with open(file, "rb") as stream:
            start = stream.read(64)
    else:
        file.seek(0)
        start = file.read(64)
    brands = start[8 : int.from_bytes(start[:4], "big")]
    names = {brands[place : place + 4] for place in range(0, len(brands), 4)}
    return start[4:8] == b"ftyp" and not names.isdisjoint(_HEIC)


def _learn_heic(called: str) -> None:
    """Let Pillow read HEIC; UsageError where the package for it is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise UsageError(
            f"{called} is HEIC, which nothing here reads: pip install 'ebgan-kit[heic]', or save "
            "it as JPEG or PNG"
        ) from None
    register_heif_opener()
