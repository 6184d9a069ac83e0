"""Faces turned upright by their eyes, and maps of them turned back into a face's own frame."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ebgan_kit.parts.nn.view import sample, square_about
from ebgan_kit.types import Faces, region_of


def upright(faces: Faces) -> Faces:
    """Turn faces until their eyes are level: images and regions, about each region's middle.

    Faces without landmarks stay as they are.
    """
    if faces.landmarks is None:
        return faces
    both = torch.cat([faces.image, region_of(faces)], dim=1)
    turned = _turned(both, faces)
    region = (turned[:, 3:] > 0.5).to(both.dtype)
    return replace(faces, image=turned[:, :3], region=region, landmarks=None)


def laid(code: Tensor, faces: Faces) -> Tensor:
    """Lay a map of an upright region's square over the square that a face's region has.

    `code` [B, C, h, w] is what an encoder makes of `upright` faces; so is the result, in the frame
    of faces as they are.
    """
    if faces.landmarks is None or code.shape[-1] == 1:
        return code
    _, half = square_about(region_of(faces))
    middle, reach = square_about(_turned(region_of(faces), faces))
    within = -middle / reach[:, None], half / reach
    return sample(code.float(), *within, code.shape[-1], -_roll(faces))


def _turned(image: Tensor, faces: Faces) -> Tensor:
    """[B, C, H, W]: images with a level face, the middle of its region in their middle."""
    centre, half = square_about(region_of(faces))
    return sample(image, centre, torch.ones_like(half), image.shape[-1], _roll(faces))


def _roll(faces: Faces) -> Tensor:
    """[B]: by how much each face is turned clockwise, in radians."""
    assert faces.landmarks is not None
    x, y = (faces.landmarks[:, 1] - faces.landmarks[:, 0]).unbind(1)
    return torch.atan2(y, x)
