"""The docs' picture of the model for photographs, on people who do not exist.

`python docs/portraits_figures.py docs/images/portraits.png`, with `pip install openpeople` and the
extra `faces`. The rows are fixed: a studio portrait, another one's selfie, the edit of the mouth.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

import ebgan_kit
from ebgan_kit.images.face_finder import choose_face
from ebgan_kit.images.photographs import upright_rgb

ROWS = ((1, 10), (8, 2), (3, 7), (6, 9))
"""Sources and exemplars, by the package's numbers."""

SIDE, AROUND = 200, 3.2
"""Pixels of a tile, and how many distances of the eyes it shows."""


def main(picture: Path) -> None:
    editor = ebgan_kit.load("portraits")
    tiles = []
    for one, other in ROWS:
        source, exemplar = _read(one, "studio_portrait"), _read(other, "amateur_selfie")
        edited = editor.edit(source, exemplar, "mouth")
        tiles.append([_tile(source, source), _tile(exemplar, exemplar), _tile(edited, source)])
    sheet = Image.new("RGB", (3 * SIDE + 8, len(ROWS) * (SIDE + 4) - 4), "white")
    for row, images in enumerate(tiles):
        for column, image in enumerate(images):
            sheet.paste(image, (column * (SIDE + 4), row * (SIDE + 4)))
    sheet.save(picture)


def _read(number: int, name: str) -> Image.Image:
    package = find_spec("openpeople")
    if package is None or package.origin is None:
        sys.exit("pip install openpeople brings the people")
    folder = Path(package.origin).parent / "data" / "curated" / f"P{number:03d}" / "assets"
    with Image.open(folder / f"{name}.jpg") as image:
        small = upright_rgb(image)
    small.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
    return small


def _tile(image: Image.Image, face_of: Image.Image) -> Image.Image:
    """The square about the face, small."""
    face = choose_face(face_of)
    half = AROUND / 2 * abs(face.across)
    x, y = face.middle.real, face.middle.imag
    box = (x - half, y - half, x + half, y + half)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
