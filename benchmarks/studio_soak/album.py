"""Photographs such as people have, with a mask for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from ebgan_kit.images.pictures import image_of
from ebgan_kit.parts.data.synthetic import Synthetic

ORIENTATION = 0x0112

KINDS = (
    ("me.jpg", 900, 900),
    ("a friend.png", 640, 800),
    ("Größe.webp", 700, 500),
    ("on its side.jpg", 1200, 1600),
    ("large.jpg", 3000, 2400),
    ("small.png", 64, 64),
    ("grey.tif", 512, 512),
    ("drawing.gif", 300, 300),
)
"""Name, width and height as it lies in the file."""


@dataclass(frozen=True)
class Photograph:
    path: Path
    mask: Path


def album(folder: Path) -> list[Photograph]:
    """Drawn faces at sizes and in formats of cameras, in a folder."""
    faces = Synthetic(seed=7, size=128, count=len(KINDS)).__getitems__(range(len(KINDS)))
    return [
        _photograph(folder / name, image_of(image).resize((width, height)))
        for (name, width, height), image in zip(KINDS, faces.image, strict=True)
    ]


def _photograph(path: Path, image: Image.Image) -> Photograph:
    exif, size = Image.Exif(), image.size
    if path.stem == "on its side":
        exif[ORIENTATION], size = 6, size[::-1]
    (image.convert("L") if path.stem == "grey" else image).save(path, exif=exif)
    mask = path.with_name(f"mask of {path.stem}.png")
    _mask(*size).save(mask)
    return Photograph(path, mask)


def _mask(width: int, height: int) -> Image.Image:
    mask = Image.new("L", (width, height))
    box = (width * 0.3, height * 0.4, width * 0.7, height * 0.8)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask
