"""Labels as a layer sees them."""

from __future__ import annotations

import torch
from torch import Tensor


def with_labels(features: Tensor, labels: Tensor) -> Tensor:
    """Features [B, C, h, w] and labels [B, n], a map of one number each: [B, C + n, h, w].

    The maps lie channels last, as the kit lays out images: else all of it would be turned over.
    """
    maps = labels.to(features.dtype)[:, :, None, None].expand(-1, -1, *features.shape[-2:])
    return torch.cat([features, maps.contiguous(memory_format=torch.channels_last)], dim=1)
