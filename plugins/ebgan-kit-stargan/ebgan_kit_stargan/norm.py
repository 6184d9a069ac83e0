"""The norm of StarGAN's generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class InstanceNorm(nn.InstanceNorm2d):
    """Each channel of each image with mean 0 and variance 1, times a scale, plus a shift.

    The statistics are always those of the image at hand. The authors have averages of them kept
    over the training, and use them nowhere: their networks are in training mode when they are
    tested, too. Here none are kept, so that a model does in use what it did in training.

    torch's own norm gives up the channels-last layout, which convolutions are fastest in; this one
    gives it back.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=True, track_running_stats=False)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).contiguous(memory_format=torch.channels_last)
