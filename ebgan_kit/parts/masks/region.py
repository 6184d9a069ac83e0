"""Named regions of a face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Le, MinLen
from torch import Tensor
from torch.nn.functional import max_pool2d

from ebgan_kit.images.bands import bands
from ebgan_kit.parts.masks.grid import middles
from ebgan_kit.regions import COMPONENTS, Name
from ebgan_kit.rng import Chance
from ebgan_kit.types import LANDMARKS, PARTS, Faces

# A region is rounded boxes (anchor, right, down, half width, half height) in a frame that is rolled
# with the eyes and whose unit is the distance between them.
_SHAPES: dict[str, tuple[tuple[str, float, float, float, float], ...]] = {
    "mouth": (("eyes", 0.0, 1.28, 0.76, 0.62),),
    "eyes": (("left_eye", 0.0, 0.02, 0.60, 0.48), ("right_eye", 0.0, 0.02, 0.60, 0.48)),
    "brows": (("left_eye", 0.0, -0.42, 0.46, 0.27), ("right_eye", 0.0, -0.42, 0.46, 0.27)),
    "nose": (("nose", 0.0, -0.15, 0.48, 0.52),),
    "face": (("eyes", 0.0, 0.65, 1.22, 1.36),),
}

_LABELS = {
    "mouth": ("mouth", "u_lip", "l_lip"),
    "eyes": ("l_eye", "r_eye", "eye_g"),
    "brows": ("l_brow", "r_brow"),
    "nose": ("nose",),
    "face": ("skin", "mouth", "u_lip", "l_lip", "l_eye", "r_eye", "eye_g", "l_brow", "r_brow",
             "nose"),
}  # fmt: skip


def region(
    faces: Faces,
    chance: Chance,
    *,
    regions: Annotated[tuple[Name, ...], MinLen(1)] = ("mouth",),
    by: Literal["landmarks", "parts"] = "landmarks",
    grow: Annotated[float, Ge(-0.5), Le(2)] = 0.0,
) -> Tensor:
    """Named regions, which move and roll with each face.

    `regions`: of mouth, eyes, brows, nose, face; components is the first four together.
    `by`: rounded boxes about the landmarks (each face's own, or the aligned template where the data
    has none), or the outlines of the part labels.
    `grow`: larger on every side, by this share of the distance between the eyes.
    """
    return _outlines(faces, _each(regions), grow) if by == "parts" else area(faces, regions, grow)


def area(faces: Faces, regions: Sequence[str], grow: float = 0.0) -> Tensor:
    """[B, 1, H, W]: 1 inside any of the named regions, placed by the landmarks."""
    return boxes(faces, [shape for name in _each(regions) for shape in _SHAPES[name]], grow)


def _each(regions: Sequence[str]) -> list[str]:
    return sorted({n for r in regions for n in (COMPONENTS if r == "components" else (r,))})


def boxes(
    faces: Faces, shapes: Sequence[tuple[str, float, float, float, float]], grow: float
) -> Tensor:
    """[B, 1, H, W]: 1 inside any of the rounded boxes."""
    if faces.landmarks is None:
        raise ValueError("this data has no landmarks to place a region by: use another mask")
    points = {name: faces.landmarks[:, i] for i, name in enumerate(LANDMARKS)}
    points["eyes"] = (points["left_eye"] + points["right_eye"]) / 2
    points["mouth"] = (points["left_mouth"] + points["right_mouth"]) / 2
    across = points["right_eye"] - points["left_eye"]
    down = torch.stack([-across[:, 1], across[:, 0]], dim=1)
    unit = across.norm(dim=1).clamp(min=1e-3)
    columns, rows = middles(faces.image)
    filled = torch.zeros_like(faces.image[:, 0], dtype=torch.bool)
    for anchor, right, below, half_width, half_height in shapes:
        centre = points[anchor] + right * across + below * down
        for _, top, _, bottom in bands((0, 0, len(columns), len(rows))):
            offset = columns - centre[:, :1], rows[top:bottom] - centre[:, 1:]
            x, y = (_along(axis, *offset) / (unit**2)[:, None, None] for axis in (across, down))
            inside = (x / (half_width + grow)) ** 4 + (y / (half_height + grow)) ** 4 < 1
            filled[:, top:bottom] |= inside
    return filled[:, None].to(faces.image.dtype)


def _along(axis: Tensor, right: Tensor, below: Tensor) -> Tensor:
    """[B, H, W]: the product of an axis, [B, 2], with each pixel's offset, [B, W] and [B, H]."""
    return (right * axis[:, :1])[:, None, :] + (below * axis[:, 1:])[:, :, None]


def _outlines(faces: Faces, names: Sequence[str], grow: float) -> Tensor:
    """[B, 1, H, W]: 1 where a part of the regions is labelled, grown on every side."""
    if faces.parts is None or faces.landmarks is None:
        raise ValueError("this data has no part labels: set mask.by to landmarks")
    wanted = [PARTS.index(label) for name in names for label in _LABELS[name]]
    labels = torch.tensor(wanted, device=faces.parts.device)
    filled = torch.isin(faces.parts, labels)[:, None].to(faces.image.dtype)
    distance = (faces.landmarks[:, 1] - faces.landmarks[:, 0]).norm(dim=1)
    steps = (grow * distance).round().long().tolist()
    return torch.stack([_grown(one, step) for one, step in zip(filled, steps, strict=True)])


def _grown(filled: Tensor, steps: int) -> Tensor:
    """[1, H, W]: larger by so many pixels on every side, or smaller by a negative number."""
    if not steps:
        return filled
    side = 2 * abs(steps) + 1
    sign = 1 if steps > 0 else -1
    return sign * max_pool2d(sign * filled, side, 1, abs(steps))
