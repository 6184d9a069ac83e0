"""A contact sheet: faces side by side, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ebgan_kit.files.writing import draft
from ebgan_kit.images.levels import to_bytes

GAP = 4
"""Pixels of white around each face."""

FONT_SIZE = 18
"""Of the captions, in pixels; less where one of them would not fit."""

TEXT_SIZE = 14
LINE = 18
"""Of the text below, in pixels: its letters, and from one line to the next."""

READABLE = 128
"""Faces smaller than this many pixels are scaled up by a whole factor, so that they stay crisp."""


def sheet(
    columns: Sequence[tuple[str, Tensor]], path: Path, rows: int = 16, below: str = ""
) -> None:
    """Write a PNG with a column for each (caption, images), a row for each face.

    `below`: a text under the faces, in as many lines as it takes.

    Images are [B, 3, H, W] in [-1, 1], of one shape in all columns; the first `rows` faces are
    shown. The file is there whole or not at all. `ValueError` where there is no column or the
    columns differ in shape; `UsageError` where the file cannot be written.
    """
    shapes = {tuple(images.shape) for _, images in columns}
    if len(shapes) != 1:
        raise ValueError(f"a contact sheet needs columns of one shape, not {sorted(shapes)}")
    height, width = shapes.pop()[-2:]
    scale = -(-READABLE // min(height, width))
    strips = [_strip(images[:rows], scale) for _, images in columns]
    size = _font_size([caption for caption, _ in columns], scale * width)
    font = ImageFont.load_default(size)
    top = 2 * GAP + size
    across, down = len(strips) * strips[0].width + GAP, top + strips[0].height
    lines = _lines(below, across - 2 * GAP)
    page = Image.new("RGB", (across, down + len(lines) * LINE + GAP * bool(lines)), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((GAP, down + number * LINE), line, "black", ImageFont.load_default(TEXT_SIZE))
    for number, ((caption, _), strip) in enumerate(zip(columns, strips, strict=True)):
        left = GAP + number * strip.width
        page.paste(strip, (left, top))
        pen.text((left + scale * width / 2, top / 2), caption, "black", font, anchor="mm")
    with draft(Path(path)) as unfinished:
        page.save(unfinished, format="PNG")


def _lines(text: str, width: int) -> list[str]:
    """The text in lines that are no wider than so many pixels, but for single words."""
    font = ImageFont.load_default(TEXT_SIZE)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _strip(images: Tensor, scale: int) -> Image.Image:
    """The faces under each other, white to the right of and below each."""
    large = to_bytes(images).cpu().repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    framed = torch.nn.functional.pad(large, (0, GAP, 0, GAP), value=255)
    return Image.fromarray(framed.permute(0, 2, 3, 1).flatten(0, 1).contiguous().numpy())


def _font_size(captions: Sequence[str], width: int) -> int:
    """In pixels; small enough that the widest caption fits over its column."""
    font = ImageFont.load_default(FONT_SIZE)
    widest = max(font.getlength(caption) for caption in captions)
    return max(1, min(FONT_SIZE, int(FONT_SIZE * width / max(widest, 1))))
