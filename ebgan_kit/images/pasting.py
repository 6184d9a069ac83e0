"""An edit put into its photograph."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.images.bands import Box, bands
from ebgan_kit.images.blend import fading
from ebgan_kit.images.crop import Frame
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.images.pictures import Picture, held, paste
from ebgan_kit.types import composite


def put_into(
    picture: Picture, box: Box, inside: Tensor, frame: Frame, square: Tensor, feather: int = 0
) -> Picture:
    """Put a square, [B, 3, size, size] in [-1, 1], into the pixels of a box that are inside.

    `inside`: [1 or B, 1, h, w], bool, in the box. `frame`: where the square lies in the picture.
    `feather`: in how many pixels it fades into the picture, inwards from the edge. All other pixels
    are those of the picture, bit for bit. It goes channel by channel, since a photograph in floats
    is four times as large.
    """
    weights = fading(inside, feather) if feather else None
    content = held(picture, box)
    if isinstance(picture, Tensor):
        content = content.to(torch.float32, copy=True)
    for channel in range(3):
        one = slice(channel, channel + 1)
        _fill(content[:, one], box, inside, frame, square[:, one], weights)
    return paste(picture, box, content)


def _fill(
    content: Tensor, box: Box, inside: Tensor, frame: Frame, square: Tensor, weights: Tensor | None
) -> None:
    """Change a channel of what a box holds, [B, 1, h, w], in place."""
    enlarged = frame.enlarged(square)
    for band in bands(box):
        rows = (..., slice(band[1] - box[1], band[3] - box[1]), slice(None))
        part, drawn = content[rows], frame.shown(enlarged, band)
        source = from_bytes(part) if part.dtype == torch.uint8 else part
        if weights is not None:
            drawn = source + weights[rows] * (drawn - source)
        edit = composite(drawn, source, inside[rows])
        content[rows] = to_bytes(edit) if part.dtype == torch.uint8 else edit
