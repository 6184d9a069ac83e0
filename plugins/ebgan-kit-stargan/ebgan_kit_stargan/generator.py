"""StarGAN's generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ebgan_kit_stargan.norm import InstanceNorm


class Generator(nn.Module):
    """G(x, c): the image as the labels want it (Choi et al. 2018, table 4).

        in     convolution 7, stride 1     3 + n → w
        down   convolution 4, stride 2     w → 2w → 4w
        middle residual blocks             4w, `blocks` of them
        up     transposed 4, stride 2      4w → 2w → w
        out    convolution 7, stride 1     w → 3, tanh

    Instance norm and ReLU follow each but the last; no convolution has a bias. w is `width`.

    Borders are padded with zeros, and must be. The map of a label is one number everywhere, so what
    a convolution makes of it is one number in each channel, and the norm takes that out with the
    channel's mean. Only at a border of zeros it differs: that is where the labels come in. With
    reflected borders the image would not depend on them at all.
    """

    def __init__(self, labels: int, width: int, blocks: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_bent(nn.Conv2d(3 + labels, width, 7, 1, 3, bias=False)),
            *_bent(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)),
            *_bent(nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False)),
            *(Residual(4 * width) for _ in range(blocks)),
            *_bent(nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False)),
            *_bent(nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False)),
            nn.Conv2d(width, 3, 7, 1, 3, bias=False),
            nn.Tanh(),
        )

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """image [B, 3, H, W] in [-1, 1] and labels [B, n] in {0, 1} to an image in [-1, 1]; H and W
        are multiples of 4."""
        maps = labels[:, :, None, None].expand(-1, -1, *image.shape[-2:])
        return self.body(torch.cat([image, maps], dim=1))


class Residual(nn.Module):
    """Two convolutions, and what came in; nothing bends after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_bent(nn.Conv2d(channels, channels, 3, 1, 1, bias=False)),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            InstanceNorm(channels),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.body(inputs)


def _bent(layer: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    """The layer, its norm and its bend."""
    return layer, InstanceNorm(layer.out_channels), nn.ReLU(inplace=True)
