"""dlib's recogniser, whose weights are in the public domain, out of the package with them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ebgan_kit.evaluation.metrics.alignment import DLIB, aligned
from ebgan_kit.files.packaged import packaged
from ebgan_kit.types import Faces

WEIGHTS = "dlib_face_recognition_resnet_model_v1"

THRESHOLD = 0.6
"""The distance below which dlib's author takes two faces for one person's."""


class DlibRecogniser:
    """dlib's residual network, 128 numbers per face; `dlib_recogniser` opens it.

    It runs on the CPU. A face that it has seen before is not looked at again: the models of a
    comparison share their sources and exemplars.
    """

    name = WEIGHTS
    threshold = THRESHOLD

    def __init__(self, network: Any) -> None:
        self._network = network
        self._known: dict[bytes, Tensor] = {}

    def __call__(self, faces: Faces) -> Tensor:
        """Describe faces by [B, 128] numbers, on the images' device; one person's lie close.

        Images are [B, 3, H, W] in [-1, 1], with landmarks. `ValueError` if there are none.
        """
        chips = (aligned(faces.to("cpu"), DLIB) * 255).round().byte().permute(0, 2, 3, 1)
        found = [self._described(chip) for chip in chips.contiguous().numpy()]
        return torch.stack(found).to(faces.image.device)

    def _described(self, chip: np.ndarray) -> Tensor:
        key = blake2b(chip.tobytes()).digest()
        if key not in self._known:
            self._known[key] = torch.tensor(self._network.compute_face_descriptor(chip))
        return self._known[key]


def dlib_recogniser() -> DlibRecogniser | None:
    """Open dlib's recogniser; None without the extra `identity`."""
    # Found by its place: importing the package asks for pkg_resources, which setuptools dropped.
    weights = packaged("face_recognition_models", f"models/{WEIGHTS}.dat")
    if weights is None:
        return None
    try:
        import dlib
    except ImportError:
        return None
    return DlibRecogniser(dlib.face_recognition_model_v1(str(weights)))
