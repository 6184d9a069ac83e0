"""People who do not exist, to play with: pictures of the package `openpeople`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.studio.photo import Photo

SIDE = 640
"""The longer side in pixels of what is kept of a picture: a document brings it along."""


def people() -> list[Photo]:
    """Read the package's studio portraits; none where it is not installed.

    Its people were made by a generator, and its licence is MIT.
    """
    package = find_spec("openpeople")
    if package is None or package.origin is None:
        return []
    found = sorted(Path(package.origin).parent.glob("data/*/*/assets/studio_portrait.jpg"))
    return [_photo(number, path) for number, path in enumerate(found, start=1)]


def _photo(number: int, path: Path) -> Photo:
    with Image.open(path) as image:
        image.draft("RGB", (SIDE, SIDE))
        small = upright_rgb(image)
    small.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    return Photo.drawn(f"nobody {number}.png", small)
