"""A generator that draws no more than a window about the region."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torch import Tensor

from ebgan_kit.faces import Task
from ebgan_kit.generators.unet import UNet
from ebgan_kit.view import edges


class Window(UNet):
    """A `unet` that draws only a square window about the region; elsewhere the source stays.

    The rest of the image would be thrown away by the composite. A quarter of the pixels takes a
    quarter of the time, so a network may be wider or trained longer. The window is cut out by whole
    pixels: nothing is resampled.

    `window`: its side in pixels, a multiple of 2^depth; a region that is larger is refused.
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
        most: Annotated[int, Ge(1)] = 256,
        blocks: Annotated[int, Ge(0)] = 2,
    ) -> None:
        if window > task.size:
            raise ValueError(f"a window of {window} pixels does not fit in images of {task.size}")
        inside = replace(task, size=window)
        super().__init__(inside, code_shape, width=width, depth=depth, most=most, blocks=blocks)
        self.window = window

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        places = _places(region, self.window)
        if not self.training:
            self._require_room(region, places)
        cut = torch.cat([masked, region], dim=1)[places].permute(0, 3, 1, 2)
        # the corner goes along with the features, so that `decode` can put the window back
        corner = torch.stack([places[2][:, 0, 0], places[3][:, 0, 0]], dim=1)
        return (masked, corner, *super().encode(cut[:, :3], cut[:, 3:]))

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        masked, corner, *features = context
        drawn = super().decode(tuple(features), code)
        whole = masked.to(drawn.dtype).clone()
        whole[_from_corner(corner, self.window)] = drawn.permute(0, 2, 3, 1)
        return whole

    def _require_room(self, region: Tensor, places: tuple[Any, ...]) -> None:
        if region[places].sum() < region.sum():
            raise ValueError(
                f"the region is larger than the {self.window} pixels that this model draws: use a "
                "smaller one, or train with a larger generator.window"
            )


def _places(region: Tensor, side: int) -> tuple[Any, ...]:
    """Where to index [B, C, H, W] to cut out each region's window, as [B, side, side, C]."""
    corner = torch.stack(
        [_start(region.amax((1, 3)), side), _start(region.amax((1, 2)), side)], dim=1
    )
    return _from_corner(corner, side)


def _from_corner(corner: Tensor, side: int) -> tuple[Any, ...]:
    along = torch.arange(side, device=corner.device)
    batch = torch.arange(len(corner), device=corner.device)[:, None, None]
    rows = corner[:, 0, None, None] + along[:, None]
    columns = corner[:, 1, None, None] + along
    return batch, slice(None), rows, columns


def _start(filled: Tensor, side: int) -> Tensor:
    """[B]: where windows about what is filled along one axis [B, n] begin, inside the image."""
    first, last = edges(filled)
    return ((first + last - side) // 2).clamp(0, filled.shape[1] - side)
