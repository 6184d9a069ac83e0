"""Where the eyes are in a photograph, by Kornia's detector."""

from __future__ import annotations

import warnings
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.crop import Eyes
from ebgan_kit.images.levels import pixels
from ebgan_kit.images.opening import opened
from ebgan_kit.images.photographs import DAMAGE, upright_rgb

LARGEST = 640
"""The longer side in pixels of what the detector sees: faces are large in a portrait."""

BY_HAND = "give the eyes by hand: --eyes x,y,x,y, or two clicks in the studio"


class FaceFinder:
    """YuNet (Wu, Peng and Yu 2023). Its weights, 0.4 MB, are fetched on first use and kept.

    UsageError where they cannot be had.
    """

    def __init__(self) -> None:
        from kornia.contrib import FaceDetector

        try:
            with warnings.catch_warnings(action="ignore"), redirect_stderr(StringIO()):
                self.detector: Any = FaceDetector().eval()  # tells of each attempt to fetch them
        except (OSError, RuntimeError) as problem:
            raise UsageError(
                "the face finder's weights cannot be fetched: connect this machine once, or "
                f"{BY_HAND}"
            ) from problem

    def find_in(self, path: Path) -> Eyes:
        """The eyes in a file; UsageError, which names it, where it shows no face."""
        try:
            with opened(path) as image:
                return self.find(image)
        except (UsageError, *DAMAGE) as problem:
            raise UsageError(f"{path}: {problem}") from problem

    def find(self, image: Image.Image) -> Eyes:
        """The eyes of the largest face, in pixels of the upright photograph."""
        upright = upright_rgb(image)
        small = upright.copy()
        small.thumbnail((LARGEST, LARGEST))
        faces = self._faces(pixels(small).permute(2, 0, 1)[None].float())
        if not len(faces):
            raise UsageError(f"no face was found: {BY_HAND}")
        left, top, right, bottom = faces[:, :4].T
        largest = faces[((right - left) * (bottom - top)).argmax()]
        stretch = torch.tensor([a / b for a, b in zip(upright.size, small.size, strict=True)])
        x, y, other_x, other_y = (largest[4:8].view(2, 2) * stretch).flatten().tolist()
        return x, y, other_x, other_y

    @torch.no_grad()
    def _faces(self, image: Tensor) -> Tensor:
        """[N, 15]: boxes, landmarks and scores, of those that are rather a face than not."""
        found = self.detector(image)[0]
        return found[found[:, 14] > 0.6]
