"""Photographs as files come, each turned, scaled and moved so that its eyes lie in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.crop import Eyes, Frame
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.images.orientation import upright_size
from ebgan_kit.images.photographs import decoding, reduced, upright_rgb
from ebgan_kit.images.pictures import crop


def read_aligned(
    paths: Sequence[Path], eyes: Sequence[Eyes], template: Tensor, size: int
) -> Tensor:
    """Read a batch of faces, [B, 3, size, size], float32 in [-1, 1].

    Each is the square in which the photograph's eyes lie where the template, [5, 2] in units of the
    square, has them. UsageError, which names the file, for one that does not decode, and for eyes
    that are one point or outside the photograph.
    """
    squares = [_square(p, each, template, size) for p, each in zip(paths, eyes, strict=True)]
    return from_bytes(torch.stack(squares))


def _square(path: Path, eyes: Eyes, template: Tensor, size: int) -> Tensor:
    """[3, size, size], uint8."""
    with decoding(path) as image:
        frame = _frame(path, image, eyes, template)
        scale = reduced(image, abs(frame.edge) / size)
        upright = upright_rgb(image)
    width, height = upright.size
    near = replace(
        frame, width=width, height=height, corner=frame.corner / scale, edge=frame.edge / scale
    )
    return to_bytes(near.seen(crop(upright, near.box), size)[0])


def _frame(path: Path, image: Image.Image, eyes: Eyes, template: Tensor) -> Frame:
    try:
        return Frame.about(eyes, template, *upright_size(image))
    except UsageError as problem:
        raise UsageError(f"{path}: {problem}") from problem
