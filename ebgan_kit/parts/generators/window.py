"""A generator that draws no more than a window about the region."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from ebgan_kit.parts.generators.unet import UNet
from ebgan_kit.parts.nn.view import sample, square_about
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task


class Window(UNet):
    """A `unet` that draws only a square window about the region; elsewhere the source stays.

    The rest of the image would be thrown away by the composite. A quarter of the pixels takes a
    quarter of the time, so a network may be wider or trained longer.

    `window`: its side in pixels, a multiple of 2^depth. It is laid on whole pixels; a region that
    is larger is drawn in it at a lower resolution.
    Other keys are those of `unet`.
    """

    def __init__(
        self,
        task: Task,
        code_shape: tuple[int, int, int],
        *,
        window: Annotated[int, Ge(8)] = 32,
        width: Annotated[int, Ge(1)] = 32,
        depth: Annotated[int, Ge(1)] = 3,
        max_channels: Annotated[int, Ge(1), Was("most")] = 256,
        blocks: Annotated[int, Ge(0)] = 2,
        decoder_blocks: Annotated[int, Ge(0)] = 0,
    ) -> None:
        if window > task.size:
            raise ValueError(f"a window of {window} pixels does not fit in images of {task.size}")
        inside = replace(task, size=window)
        super().__init__(
            inside,
            code_shape,
            width=width,
            depth=depth,
            max_channels=max_channels,
            blocks=blocks,
            decoder_blocks=decoder_blocks,
        )
        self.window = window

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        centre, half = _place(region, self.window)
        cut = sample(torch.cat([masked, region], dim=1), centre, half, self.window)
        # the place goes along with the features, so that `decode` can put the window back
        return (masked, centre, half, *super().encode(cut[:, :3], cut[:, 3:]))

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        masked, centre, half, *features = context
        return self.put_back(super().decode(tuple(features), code).float(), masked, centre, half)

    def put_back(self, drawn: Tensor, masked: Tensor, centre: Tensor, half: Tensor) -> Tensor:
        """The image [B, 3, H, W] with the drawn window [B, 3, w, w] in its place."""
        size = masked.shape[-1]
        back = sample(drawn, -centre / half[:, None], 1 / half, size)
        return torch.where(_inside(centre, half, size), back, masked)


def _place(region: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Centre [B, 2] and half the side [B] of each window, in units of -1 to 1 over the image."""
    size = region.shape[-1]
    centre, half = square_about(region)
    half = half.clamp(min=window / size)
    pixels = 2 / size
    corner = ((centre - half[:, None] + 1) / pixels).round() * pixels
    corner = torch.minimum(corner.clamp(min=0), 2 - 2 * half[:, None])
    return corner + half[:, None] - 1, half


def _inside(centre: Tensor, half: Tensor, size: int) -> Tensor:
    """[B, 1, H, W]: the pixels of the windows."""
    place = (torch.arange(size, device=half.device) * 2 + 1) / size - 1
    x, y = ((place - c[:, None]).abs() < half[:, None] for c in centre.T)
    return (y[:, :, None] & x[:, None, :])[:, None]
