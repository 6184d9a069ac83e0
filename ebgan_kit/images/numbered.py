"""A photograph with its faces framed and numbered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ebgan_kit.files.writing import draft
from ebgan_kit.images.face import Face
from ebgan_kit.images.photographs import upright_rgb

INK, PAPER = "white", "#d6004a"


def write_numbered(image: Image.Image, faces: Sequence[Face], path: Path) -> None:
    """Write a photograph, upright, as a PNG with a box and a number about each face."""
    seen = upright_rgb(image).copy()
    pen = ImageDraw.Draw(seen)
    line = max(2, max(seen.size) // 400)
    for number, face in enumerate(faces, start=1):
        left, top, right, bottom = face.box
        pen.rectangle((left, top, right, bottom), outline=PAPER, width=line)
        font = ImageFont.load_default(max(12, max(seen.size) // 40))
        there = (max(0, left), max(0, top))
        pen.rectangle(pen.textbbox(there, f" {number} ", font), fill=PAPER)
        pen.text(there, f" {number} ", INK, font)
    with draft(path) as unfinished:
        seen.save(unfinished, format="PNG")
