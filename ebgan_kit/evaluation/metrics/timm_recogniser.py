"""A recogniser that timm can load, by its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.metrics.alignment import aligned
from ebgan_kit.parts.nn.backbones import colours
from ebgan_kit.types import Faces


@dataclass(frozen=True)
class TimmRecogniser:
    """A network of timm that was trained to tell people apart; `recogniser` fetches one."""

    name: str
    """As it stands in a report."""
    network: Any
    device: torch.device | str
    threshold: None = None

    @torch.no_grad()
    def __call__(self, faces: Faces) -> Tensor:
        """[B, F]: features of unit length, on the images' device.

        Images are [B, 3, H, W] in [-1, 1], taken as eight bits a channel, with landmarks.
        `ValueError` where there are none.
        """
        height, width = self.network.pretrained_cfg["input_size"][1:]
        levels = aligned(faces.to(self.device), height=height, width=width)
        mean, deviation = (colour.to(levels) for colour in colours(self.network, pretrained=True))
        features = self.network((levels - mean) / deviation)
        return normalize(features.float()).to(faces.image.device)


def recogniser(name: str, device: torch.device | str = "cpu") -> TimmRecogniser:
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
    return TimmRecogniser(name, network.eval().requires_grad_(False).to(device), device)


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
