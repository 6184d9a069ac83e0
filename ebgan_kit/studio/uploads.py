"""What a browser sends: looked at before it is believed, and kept in memory alone."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image

from ebgan_kit.editing.regions import check_size
from ebgan_kit.errors import UsageError
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.parts.masks.file import fill_of
from ebgan_kit.studio.photo import Photo

LARGEST_FILE = 25 * 2**20
"""Bytes."""

MOST_PIXELS = 50_000_000

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")


def photograph(path: Path) -> Photo:
    """The photograph in an uploaded file, which is deleted; UsageError says what is wrong."""
    content = _taken(path)
    return Photo.uploaded(path.name, content, upright_rgb(_decoded(content, path.name)))


def mask(path: Path, photo: Photo) -> Image.Image:
    """A mask of a photograph, likewise; it must be of its size."""
    image = fill_of(_decoded(_taken(path), path.name))
    check_size(image.size, photo.image.size, f"{path.name}: the mask")
    return _black_and_white(image)


def painted(address: str, photo: Photo) -> Image.Image:
    """The mask of a photograph that was painted over what is shown of it."""
    try:
        content = base64.b64decode(address.partition(",")[2], validate=True)
    except ValueError:  # also for what is no ASCII
        content = b""
    image = fill_of(_decoded(content[:LARGEST_FILE], "what was painted"))
    return _black_and_white(image.resize(photo.image.size, Image.Resampling.BICUBIC))


def _black_and_white(image: Image.Image) -> Image.Image:
    return image.point(lambda level: 255 * (level > 127))


def _taken(path: Path) -> bytes:
    """The bytes of a file, which is then gone, and its folder where it was alone."""
    if not path.is_file():
        raise UsageError(f"{path.name} is not here any more: choose it again")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(
                f"{path.name} is larger than {LARGEST_FILE // 2**20} MiB: make it smaller"
            )
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _decoded(content: bytes, name: str) -> Image.Image:
    """Decoded only after its header was found to ask for no more than a photograph takes."""
    try:
        image = opened(BytesIO(content), FORMATS, name, MOST_PIXELS)
        image.load()
    except UsageError:
        raise
    except Image.UnidentifiedImageError:
        raise UsageError(f"{name} is not an image that can be read here") from None
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        raise UsageError(f"{name} does not decode: {wrong}") from None
    return image
