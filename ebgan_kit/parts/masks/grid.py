"""Where pixels are."""

import torch
from torch import Tensor


def middles(image: Tensor) -> tuple[Tensor, Tensor]:
    """[W] and [H]: x of each column's middle and y of each row's; pixel i covers [i, i + 1)."""
    height, width = image.shape[-2:]
    x = torch.arange(width, device=image.device) + 0.5
    y = torch.arange(height, device=image.device) + 0.5
    return x, y


def centres(image: Tensor) -> Tensor:
    """[H, W, 2]: x and y of each pixel's centre."""
    return torch.stack(torch.meshgrid(*middles(image), indexing="xy"), dim=-1)
