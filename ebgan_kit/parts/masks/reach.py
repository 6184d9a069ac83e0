"""Which attributes a region can show."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ebgan_kit.parts.masks.region import area
from ebgan_kit.regions import HOME
from ebgan_kit.types import Faces


def reach(faces: Faces, attributes: Sequence[str]) -> Tensor:
    """[B, n] in {0, 1}: whether each face's own region covers more than half of where an attribute
    shows."""
    covered = {
        home: _share(faces, home) > 0.5
        for home in dict.fromkeys(HOME[n] for n in attributes if n in HOME)
    }
    everywhere = torch.ones_like(faces.image[:, 0, 0, 0], dtype=torch.bool)
    columns = [covered[HOME[n]] if n in HOME else everywhere for n in attributes]
    return torch.stack(columns, dim=1).float()


def _share(faces: Faces, home: str) -> Tensor:
    """[B]: how much of a named area the faces' own regions cover."""
    assert faces.region is not None
    where = torch.ones_like(faces.region) if home == "whole" else area(faces, (home,))
    return (where * faces.region).sum((1, 2, 3)) / where.sum((1, 2, 3)).clamp(min=1)
