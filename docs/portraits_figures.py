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

SIDE, GAP, AROUND = 200, 4, 3.2
"""Pixels of a tile and between two, and how many distances of the eyes a tile shows."""


def main(picture: Path) -> None:
    editor = ebgan_kit.load("portraits")
    tiles = []
    for one, other in ROWS:
        source, exemplar = read(one, "studio_portrait"), read(other, "amateur_selfie")
        edited = editor.edit(source, exemplar, "mouth")
        tiles.append([tile(source, source), tile(exemplar, exemplar), tile(edited, source)])
    laid_out(tiles).save(picture)


def laid_out(rows: list[list[Image.Image]]) -> Image.Image:
    """Tiles of one size, four pixels apart, on white."""
    side, many = rows[0][0].width, len(rows[0])
    size = many * (side + GAP) - GAP, len(rows) * (side + GAP) - GAP
    sheet = Image.new("RGB", size, "white")
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            sheet.paste(image, (column * (side + GAP), row * (side + GAP)))
    return sheet


def read(number: int, name: str) -> Image.Image:
    """A photograph of one of the package's people, of at most 1,024 pixels a side."""
    package = find_spec("openpeople")
    if package is None or package.origin is None:
        sys.exit("pip install openpeople brings the people")
    folder = Path(package.origin).parent / "data" / "curated" / f"P{number:03d}" / "assets"
    with Image.open(folder / f"{name}.jpg") as image:
        small = upright_rgb(image)
    small.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
    return small


def tile(image: Image.Image, face_of: Image.Image, side: int = SIDE) -> Image.Image:
    """The square about the face, small."""
    face = choose_face(face_of)
    half = AROUND / 2 * abs(face.across)
    x, y = face.middle.real, face.middle.imag
    box = (x - half, y - half, x + half, y + half)
    return image.resize((side, side), Image.Resampling.LANCZOS, box)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
