"""Is it still the same person? How alike two faces are to a network that tells people apart."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.parts.nn.backbones import colours
from ebgan_kit.types import Faces

TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where ArcFace (Deng et al. 2019) has the five landmarks, x and y in a picture of 112 x 112.

In the order of `ebgan_kit.types.LANDMARKS`. Whole numbers are the middles of pixels there.
"""


@dataclass(frozen=True)
class Recogniser:
    """A network that was trained to tell people apart; `recogniser` fetches one."""

    name: str
    """As it stands in a report."""
    network: Any
    device: torch.device | str

    @torch.no_grad()
    def __call__(self, faces: Faces) -> Tensor:
        """[B, F]: features of unit length, on the images' device.

        Images are [B, 3, H, W] in [-1, 1], taken as eight bits a channel, with landmarks.
        `ValueError` where there are none.
        """
        height, width = self.network.pretrained_cfg["input_size"][1:]
        levels = aligned(faces.to(self.device), height, width)
        mean, deviation = (colour.to(levels) for colour in colours(self.network, pretrained=True))
        features = self.network((levels - mean) / deviation)
        return normalize(features.float()).to(faces.image.device)


def recogniser(name: str, device: torch.device | str = "cpu") -> Recogniser:
    """A recogniser by its name in timm: hf_hub:OWNER/NAME or local-dir:FOLDER.

    The first is fetched on first use; the folder holds config.json and the weights, as timm's
    `save_for_hf` writes them. Its last layer is kept as the file has it, since recognisers learn
    their features there: a network that gives classes instead compares those. `UsageError` where
    it cannot be loaded.
    """
    import timm

    try:
        place = name.replace("local-dir:~", f"local-dir:{os.path.expanduser('~')}", 1)
        network = timm.create_model(place, pretrained=True)
    except Exception as problem:  # timm, the hub and safetensors each have errors of their own
        raise UsageError(
            f"the recogniser '{name}' cannot be loaded; connect once, or name a folder with its "
            f"config.json and weights as local-dir:FOLDER: {_first_line(problem)}"
        ) from problem
    return Recogniser(name, network.eval().requires_grad_(False).to(device), device)


def identity(recogniser: Recogniser, faces_a: Faces, faces_b: Faces) -> Tensor:
    """[B] in [-1, 1]: the cosine between the features of each pair of faces; 1 is the same picture.

    `ValueError` where a side has no landmarks. An edit has those of its source.
    """
    return (recogniser(faces_a) * recogniser(faces_b)).sum(1)


def aligned(faces: Faces, height: int = 112, width: int = 112) -> Tensor:
    """[B, 3, height, width] in [0, 1]: the faces turned, scaled and moved onto ArcFace's template.

    The similarity that takes the landmarks nearest to it in the sense of least squares (Umeyama
    1991), without mirroring. What it takes from beyond the image is black, as in the pictures that
    recognisers learn from. `ValueError` where the faces have no landmarks.
    """
    if faces.landmarks is None:
        raise ValueError("a face without landmarks cannot be aligned: take data that has them")
    levels = to_bytes(faces.image).float() / 255
    extent = levels.new_tensor([levels.shape[3], levels.shape[2]])
    grid = 2 * _places(faces.landmarks.float(), height, width) / extent - 1
    return grid_sample(levels, grid, align_corners=False)


def _places(landmarks: Tensor, height: int, width: int) -> Tensor:
    """[B, height, width, 2]: where in its image each pixel of an aligned face lies, x and y."""
    scale = landmarks.new_tensor([width, height]) / 112
    # As complex numbers x + iy, where a similarity is a factor and an offset.
    template = torch.view_as_complex((landmarks.new_tensor(TEMPLATE) + 0.5) * scale)
    found = torch.view_as_complex(landmarks.contiguous())
    middle, target = found.mean(1, keepdim=True), template - template.mean()
    spread = found - middle
    factor = (spread.conj() * target).sum(1) / spread.abs().square().sum(1)
    across = torch.arange(width, device=landmarks.device) + 0.5
    down = torch.arange(height, device=landmarks.device) + 0.5
    pixels = across + 1j * down[:, None]
    places = (pixels - template.mean()) / factor[:, None, None] + middle[:, :, None]
    return torch.view_as_real(places)


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
