"""Pictures of eight bits per channel, and the tensors that networks see.

Every picture that the kit reads, writes or measures passes through here. So a figure speaks of what
a saved file would show.
"""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor


def to_bytes(image: Tensor) -> Tensor:
    """[-1, 1] to the nearest of the 256 levels, uint8, any shape.

    Values beyond the range are cut to it; what is not a number becomes black.
    """
    levels = (image.detach().float() + 1) * 127.5
    return levels.nan_to_num(nan=0.0).round().clamp(0, 255).to(torch.uint8)


def from_bytes(levels: Tensor) -> Tensor:
    """uint8 to float32 in [-1, 1], any shape; `to_bytes` gives the same levels back, all 256."""
    # changed in place, which takes a third of the time where a batch is large
    return levels.to(torch.float32, copy=True).div_(127.5).sub_(1)


def pixels(image: Image.Image) -> Tensor:
    """An 8-bit image's values, uint8: [H, W] for grey, [H, W, 3] for RGB."""
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    shape = (image.height, image.width, len(image.getbands()))
    return values.view(shape).squeeze(2)
