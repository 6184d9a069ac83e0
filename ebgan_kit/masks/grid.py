"""Where pixels are."""

import torch
from torch import Tensor


def centres(image: Tensor) -> Tensor:
    """[H, W, 2]: x and y of each pixel's centre; pixel i covers [i, i + 1)."""
    height, width = image.shape[-2:]
    y = torch.arange(height, device=image.device) + 0.5
    x = torch.arange(width, device=image.device) + 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
