"""Random geometry and colours, by Kornia."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import torch
from annotated_types import Ge, Le, Lt
from torch import Tensor

from ebgan_kit.rng import Chance
from ebgan_kit.types import LANDMARKS, PARTS, Faces

Share = Annotated[float, Ge(0), Lt(1)]

_LANDMARK_MIRROR = [LANDMARKS.index(n) for n in
                    ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")]  # fmt: skip
_SIDES = {"l_": "r_", "r_": "l_"}
_PART_MIRROR = [
    PARTS.index(_SIDES[n[:2]] + n[2:]) if _SIDES.get(n[:2], "") + n[2:] in PARTS else i
    for i, n in enumerate(PARTS)
]


def jitter(
    faces: Faces,
    chance: Chance,
    *,
    flip: Annotated[float, Ge(0), Le(1)] = 0.0,
    rotate: Annotated[float, Ge(0), Le(180)] = 0.0,
    scale: Share = 0.0,
    shift: Share = 0.0,
    brightness: Share = 0.0,
    contrast: Share = 0.0,
    saturation: Share = 0.0,
    gamma: Annotated[float, Ge(0), Le(4)] = 0.0,
) -> Faces:
    """Mirrors, turns, scales, shifts and tints each face by chance, on the device.

    Geometry takes image, region, landmarks and part labels along; colours change the image alone.

    `flip`: how often a face is mirrored. `rotate`: at most so many degrees to either side.
    `scale`: larger or smaller by at most this share. `shift`: at most this share of the image.
    `brightness`, `contrast`, `saturation`: more or less by at most this share.
    `gamma`: each colour channel to a power between 1 / (1 + gamma) and 1 + gamma, which changes the
    tone of skin and leaves black and white alone.
    """
    if flip:
        faces = _flip(faces, chance.uniform("flip", 1)[:, 0] < flip)
    if rotate or scale or shift:
        faces = _warp(faces, _matrix(faces, chance, rotate, scale, shift))
    tints = dict(brightness=brightness, contrast=contrast, saturation=saturation, gamma=gamma)
    if any(tints.values()):
        faces = replace(faces, image=_tint(faces.image, chance, tints))
    return faces


def _either_way(chance: Chance, name: str, most: float, count: int = 1) -> Tensor:
    """[B, count], uniform between -most and most."""
    return (2 * chance.uniform(name, count) - 1) * most


def _flip(faces: Faces, which: Tensor) -> Faces:
    """The faces for which `which` [B] is true, mirrored; left parts become right ones."""

    def mirror(tensor: Tensor | None) -> Any:
        if tensor is None:
            return None
        return torch.where(which.view(-1, *[1] * (tensor.dim() - 1)), tensor.flip(-1), tensor)

    parts, landmarks = mirror(faces.parts), faces.landmarks
    if parts is not None:
        swapped = torch.tensor(_PART_MIRROR, device=parts.device, dtype=parts.dtype)[parts.long()]
        parts = torch.where(which[:, None, None], swapped, parts)
    if landmarks is not None:
        width = faces.image.shape[-1]
        swapped = landmarks[:, _LANDMARK_MIRROR] * landmarks.new_tensor([-1, 1])
        swapped = swapped + landmarks.new_tensor([width, 0])
        landmarks = torch.where(which[:, None, None], swapped, landmarks)
    return replace(
        faces,
        image=mirror(faces.image),
        region=mirror(faces.region),
        parts=parts,
        landmarks=landmarks,
    )


def _matrix(faces: Faces, chance: Chance, rotate: float, scale: float, shift: float) -> Tensor:
    """[B, 2, 3]: from places in the face to places in the jittered one, about the centre."""
    from kornia.geometry.transform import get_affine_matrix2d

    height, width = faces.image.shape[-2:]
    middle = faces.image.new_tensor([[(width - 1) / 2, (height - 1) / 2]]).expand(len(faces), 2)
    moved = _either_way(chance, "shift", shift * width, 2)
    sizes = (1 + _either_way(chance, "scale", scale)).expand(-1, 2)
    turned = _either_way(chance, "rotate", rotate)[:, 0]
    return get_affine_matrix2d(moved, middle, sizes, turned)[:, :2]


def _warp(faces: Faces, matrix: Tensor) -> Faces:
    """What lies outside the picture is its border, repeated."""
    from kornia.geometry.transform import warp_affine

    height, width = faces.image.shape[-2:]

    def move(tensor: Tensor, mode: str) -> Tensor:
        return warp_affine(
            tensor, matrix, (height, width), mode, padding_mode="border", align_corners=True
        )

    landmarks, parts, region = faces.landmarks, faces.parts, faces.region
    if landmarks is not None:
        # Kornia counts from the first pixel's centre, landmarks from its corner
        landmarks = torch.baddbmm(matrix[:, None, :, 2], landmarks - 0.5, matrix[..., :2].mT) + 0.5
    if parts is not None:
        parts = move(parts[:, None].float(), "nearest")[:, 0].to(parts.dtype)
    if region is not None:
        region = move(region, "nearest")
    image = move(faces.image, "bilinear")
    return replace(faces, image=image, region=region, parts=parts, landmarks=landmarks)


def _tint(image: Tensor, chance: Chance, most: Mapping[str, float]) -> Tensor:
    """Each of Kornia's adjustments by at most so much; what is 0 is left out."""
    from kornia import enhance

    image = (image / 2 + 0.5).clamp(0, 1)
    if most["brightness"]:
        added = _either_way(chance, "brightness", most["brightness"])[:, 0]
        image = enhance.adjust_brightness(image, added)
    if most["contrast"]:
        factor = 1 + _either_way(chance, "contrast", most["contrast"])[:, 0]
        image = enhance.adjust_contrast_with_mean_subtraction(image, factor)
    if most["saturation"]:
        factor = 1 + _either_way(chance, "saturation", most["saturation"])[:, 0]
        image = enhance.adjust_saturation(image, factor)
    if most["gamma"]:
        # as often brighter as darker, each channel by itself: one power for all leaves the hue
        power = torch.exp(_either_way(chance, "gamma", math.log1p(most["gamma"]), 3))
        planes = image.flatten(0, 1)[:, None]
        image = enhance.adjust_gamma(planes, power.flatten()).view_as(image)
    return image * 2 - 1
