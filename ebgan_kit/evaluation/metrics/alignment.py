"""Faces turned, scaled and moved to the place that a recogniser learnt them at."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from ebgan_kit.images.levels import to_bytes
from ebgan_kit.types import Faces


@dataclass(frozen=True)
class Template:
    """The places of the five landmarks in an aligned picture."""

    places: tuple[tuple[float, float], ...]
    """x and y in pixels, in the order of `ebgan_kit.types.LANDMARKS`. Whole numbers are the
    middles of pixels."""
    side: int
    """Height and width of that picture in pixels."""


ARCFACE = Template(
    (
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ),
    side=112,
)
"""ArcFace's landmarks (Deng et al. 2019)."""

DLIB = Template(
    ((47.05, 46.10), (99.98, 46.10), (73.51, 76.06), (49.91, 102.52), (97.11, 102.52)),
    side=150,
)
"""The mean face of dlib's `get_face_chip`, with its margin of a quarter on each side.

An eye is the mean of the six points around it there, as our landmark is the eye's middle.
"""


def aligned(
    faces: Faces, template: Template = ARCFACE, height: int | None = None, width: int | None = None
) -> Tensor:
    """Align the faces to a template, [B, 3, height, width] in [0, 1].

    Height and width are the template's if not given. The similarity takes the landmarks nearest to
    the template in the sense of least squares (Umeyama 1991), without mirroring. Pixels from
    beyond the image are black, as in the pictures that recognisers learn from. `ValueError` if the
    faces have no landmarks.
    """
    if faces.landmarks is None:
        raise ValueError("a face without landmarks cannot be aligned: take data that has them")
    levels = to_bytes(faces.image).float() / 255
    extent = levels.new_tensor([levels.shape[3], levels.shape[2]])
    size = (height or template.side, width or template.side)
    grid = 2 * _places(faces.landmarks.float(), template, *size) / extent - 1
    return grid_sample(levels, grid, align_corners=False)


def _places(landmarks: Tensor, template: Template, height: int, width: int) -> Tensor:
    """[B, height, width, 2]: x and y in its image of each pixel of an aligned face."""
    scale = landmarks.new_tensor([width, height]) / template.side
    # As complex numbers x + iy, where a similarity is a factor and an offset.
    wanted = torch.view_as_complex((landmarks.new_tensor(template.places) + 0.5) * scale)
    found = torch.view_as_complex(landmarks.contiguous())
    middle, target = found.mean(1, keepdim=True), wanted - wanted.mean()
    spread = found - middle
    factor = (spread.conj() * target).sum(1) / spread.abs().square().sum(1)
    across = torch.arange(width, device=landmarks.device) + 0.5
    down = torch.arange(height, device=landmarks.device) + 0.5
    pixels = across + 1j * down[:, None]
    places = (pixels - wanted.mean()) / factor[:, None, None] + middle[:, :, None]
    return torch.view_as_real(places)
