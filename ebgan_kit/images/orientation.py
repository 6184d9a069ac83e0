"""Which way up a picture is meant to be seen."""

from __future__ import annotations

from typing import Literal

from PIL import ExifTags, Image

from ebgan_kit.images.opening import decode

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture of that orientation is set upright."""

_TOLD_AT_ONCE = ("JPEG", "MPO", "WEBP")
"""Formats whose size and orientation are known before the pixels are decoded. A PNG may say its
orientation at its end, and Pillow turns TIFF and HEIC while it decodes them."""

_SAID_IN = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
"""Where Pillow keeps the words of a file that may say its orientation."""

_BYTES = {1: 1, 3: 2, 4: 4}
"""Of one whole number, by its type in EXIF."""


def set_upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its camera was held; returns the picture itself where it is upright.

    A picture that was turned no longer says that it has to be.
    """
    decode(image)
    turn = _TURNS.get(_orientation(image))
    if turn is None:
        return image
    upright = image.transpose(turn)
    for place in _SAID_IN:
        upright.info.pop(place, None)
    return upright


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return the width and height that a picture has once upright; a JPEG is not decoded."""
    if image.format not in _TOLD_AT_ONCE:
        decode(image)
    width, height = image.size
    return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


def _orientation(image: Image.Image) -> int:
    """From 1, which is upright, to 8; 1 as well where nothing is said that can be read."""
    exif = image.info.get("exif")
    said = _said_in(exif) if isinstance(exif, bytes) else None  # a text may have that name, too
    if said is None:
        try:
            said = image.getexif().get(ExifTags.Base.Orientation)
        except Exception:  # Pillow raises almost anything on EXIF that is none
            said = None
    return said if said in _TURNS else 1


def _said_in(exif: bytes) -> int | None:
    """What EXIF says of the orientation, whatever else it says: much of that is often wrong."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order: Literal["little", "big"] = "big" if tiff[:2] == b"MM" else "little"

    def number(place: int, size: int) -> int:
        return int.from_bytes(tiff[place : place + size], order)

    directory = number(4, 4)
    for entry in range(directory + 2, directory + 2 + 12 * number(directory, 2), 12):
        size = _BYTES.get(number(entry + 2, 2))
        if number(entry, 2) == ExifTags.Base.Orientation and size:
            return number(entry + 8, size)
    return None
