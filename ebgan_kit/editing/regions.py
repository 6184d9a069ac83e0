"""Which pixels of a photograph are to be filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError, nearest, shown
from ebgan_kit.images.crop import Box, Frame
from ebgan_kit.images.pictures import Picture
from ebgan_kit.parts.masks import region
from ebgan_kit.parts.masks.file import mask_of
from ebgan_kit.regions import REGIONS, WHOLE
from ebgan_kit.types import Faces

Mask = str | Sequence[str] | Picture
"""One or several names of regions, or a picture whose lighter half is to be filled.

In Python the picture may be a path, too, or a numpy array. An array or a tensor is [H, W], or for a
batch [B, 1, H, W]; true, 1 or above half of 255 is filled."""


def area(mask: Mask, frame: Frame, template: Tensor, grow: Mapping[str, float]) -> Tensor:
    """[1 or B, 1, h, w], bool: the mask in the pixels of the frame's box.

    `template`: [5, 2], where landmarks lie in the frame, in units of it. `grow`: by how much a
    named region is larger than plain, in distances of the eyes. UsageError for a region
    that there is not or that is beyond the photograph, and for a picture of another size than it,
    or that is white where the model does not look.
    """
    if isinstance(mask, Image.Image | Tensor):
        return _drawn(mask, frame)
    return _named(mask, frame, template, grow)


def names_in(mask: Mask) -> tuple[Any, ...]:
    """Return the names of regions that a mask gives, one or several; none if it is a picture."""
    if isinstance(mask, Image.Image | Tensor):
        return ()
    return (mask,) if isinstance(mask, str) else tuple(mask)


def kept(keep: Picture, frame: Frame) -> Tensor:
    """[1 or B, 1, h, w], bool: the lighter half of a picture, in the pixels of the frame's box.

    UsageError for one of another size than the photograph.
    """
    left, top, right, bottom = frame.box
    return _lit(keep, frame, "what is kept")[..., top:bottom, left:right]


def _lit(mask: Picture, frame: Frame, called: str = "the mask") -> Tensor:
    """[1 or B, 1, H, W], bool: the lighter half of a picture of the photograph's size."""
    lit = mask_of(mask) if isinstance(mask, Image.Image) else mask > 0.5
    lit = lit.reshape(-1, 1, *lit.shape[-2:])
    check_size((lit.shape[-1], lit.shape[-2]), (frame.width, frame.height), called)
    return lit


def _drawn(mask: Picture, frame: Frame) -> Tensor:
    lit = _lit(mask, frame)
    left, top, right, bottom = frame.box
    inside = lit[..., top:bottom, left:right] & frame.covers()
    if inside.count_nonzero() < lit.count_nonzero():
        raise UsageError(
            f"the mask reaches beyond the square of {round(abs(frame.edge))} pixels about the "
            "face, which is all that the model sees: crop the photograph, or give the eyes"
        )
    return inside


def check_size(
    mask: tuple[int, int], photograph: tuple[int, int], called: str = "the mask"
) -> None:
    """UsageError where a mask's width and height are not its photograph's."""
    if mask != photograph:
        theirs, ours = (f"{width}x{height}" for width, height in (mask, photograph))
        raise UsageError(f"{called} has {theirs} pixels and its photograph {ours}: make them equal")


def _named(
    mask: str | Sequence[str], frame: Frame, template: Tensor, grow: Mapping[str, float]
) -> Tensor:
    names = names_in(mask)
    if not names or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{shown(mask)} names no region: give names such as mouth, or one picture")
    for name in names:
        if name not in REGIONS:
            raise UsageError(f"no region is called '{name}'{nearest(name, REGIONS)}")
    covered = frame.covers()
    if WHOLE in names:
        return covered
    blank = torch.zeros(()).expand(1, 3, *covered.shape[-2:])
    face = Faces(blank, landmarks=frame.landmarks(template))
    each = [region.area(face, (name,), grow.get(name, 0.0)).bool() for name in names]
    filled = torch.stack(each).any(0) & covered
    if not filled.any():
        raise UsageError(f"the region {', '.join(names)} lies beyond the photograph: give a mask")
    return filled


def bounds(filled: Tensor, frame: Frame, margin: int) -> Box:
    """The smallest box of the photograph that holds an area, and a margin where there is room."""
    there = filled.any(dim=0)[0]
    rows, columns = (there.any(dim=d).nonzero().flatten().tolist() for d in (1, 0))
    left, top = frame.box[:2]
    return (
        max(0, left + columns[0] - margin),
        max(0, top + rows[0] - margin),
        min(frame.width, left + columns[-1] + 1 + margin),
        min(frame.height, top + rows[-1] + 1 + margin),
    )
