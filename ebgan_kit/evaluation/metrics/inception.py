"""Inception-v3 of FID's authors, by torch-fidelity's port of its weights; nothing is fetched."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path

import torch

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.metrics.realism import INCEPTION, Features
from ebgan_kit.images.levels import to_bytes

FILE = "weights-inception-2015-12-05-6726825d.pth"
"""The file of weights, as torch-fidelity names it."""


def inception(path: Path) -> Features:
    """Return the 2048 numbers that FID and KID are defined on, with the weights in a file.

    torchmetrics enlarges pictures to 299 x 299 itself, with antialiasing. The network runs on the
    pictures' device. `UsageError` if torch-fidelity is missing or the file does not fit it.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    try:
        torch.load(
            path, map_location="cpu", weights_only=True
        )  # torch-fidelity would run code in it
        whole = FrechetInceptionDistance(2048, feature_extractor_weights_path=str(path))
    except ModuleNotFoundError as problem:
        raise UsageError(
            f"{path}: Inception-v3 is of the package torch-fidelity: pip install 'ebgan-kit[fid]'"
        ) from problem
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    except (RuntimeError, pickle.UnpicklingError, EOFError, AttributeError, TypeError) as problem:
        raise UsageError(
            f"{path}: does not hold Inception-v3's weights: --inception takes torch-fidelity's "
            f"file {FILE}"
        ) from problem
    network = whole.inception
    return Features(INCEPTION, lambda image: network.to(image.device)(to_bytes(image)))


def fetched_before() -> Path | None:
    """Return the file that torch-fidelity has fetched on this machine; None without either."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / FILE
    return path if find_spec("torch_fidelity") and path.is_file() else None
