"""The frame in which aligned faces lie."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.parts.data.celeba import aligned_template


def eye_places(apart: float) -> Tensor:
    """Return [2, 2]: where the eyes lie, level and so far apart, in units of the frame.

    The frame is CelebA's, made closer or wider about the middle of the mouth, which stays where it
    is. About its own middle a close frame would lose the chin before it loses any of the space
    above the brows. So the region `face` is whole up to 0.29, and `mouth` up to 0.33.
    """
    template = aligned_template()
    eyes, mouth = template[:2].mean(0), template[3:].mean(0)
    height = mouth[1] - (mouth[1] - eyes[1]) * (apart / (template[1] - template[0]).norm())
    return torch.tensor([[0.5 - apart / 2, height], [0.5 + apart / 2, height]])


def left_first(landmarks: Tensor) -> Tensor:
    """Return landmarks, [N, 5] complex, with left as seen in the upright face.

    Some tables mean the person's own left eye by the left one.
    """
    left, right = landmarks[:, 0], landmarks[:, 1]
    below = landmarks[:, 3:].mean(1) - (left + right) / 2
    swapped = (below / (right - left)).imag < 0
    return torch.where(swapped[:, None], landmarks[:, [1, 0, 2, 4, 3]], landmarks)


def align(landmarks: Tensor, places: Tensor) -> Tensor:
    """Return [N, 5, 2]: landmarks, [N, 5] complex, in units of the frame of each one's eyes."""
    left, right = landmarks[:, :1], landmarks[:, 1:2]
    first, second = torch.view_as_complex(places.double())
    there = first + (landmarks - left) / (right - left) * (second - first)
    return torch.view_as_real(there).float()
