"""How labels come in: which are asked for, and as what a layer sees them."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit import Faces


def asked(exemplar: Faces, wanted: Tensor | None) -> Tensor:
    """[B, n] in {0, 1}: what is wanted, or else what the exemplars have; ValueError without."""
    labels = exemplar.attributes if wanted is None else wanted
    if labels is None:
        raise ValueError("nobody says what the exemplars show: say what is wanted of the edits")
    return labels


def with_labels(features: Tensor, labels: Tensor) -> Tensor:
    """Features [B, C, h, w] and labels [B, n], a map of one number each: [B, C + n, h, w].

    The maps lie channels last, as the kit lays out images: else all of it would be turned over.
    """
    maps = labels.to(features.dtype)[:, :, None, None].expand(-1, -1, *features.shape[-2:])
    return torch.cat([features, maps.contiguous(memory_format=torch.channels_last)], dim=1)
