"""The encoder of plain strided convolutions."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge
from torch import Tensor, nn

from ebgan_kit.parts.nn.layers import (
    Norm,
    Residual,
    convolution,
    halvings,
    require_depth,
    unit,
    widths,
)
from ebgan_kit.parts.nn.view import Sees, standardised, view_of, view_size
from ebgan_kit.registry.was import Was
from ebgan_kit.types import Task


class Conv(nn.Module):
    """Strided convolutions over the region: Z = E(image, region).

    `sees`: what E is shown, always with M as a fourth channel: the `face`; only the `region`, that
    is image · M; or the region `close`, its bounding square at half the image's size, so that
    neither where it lies nor how large it is takes room in the code.
    `standardise`: each colour has mean 0 and deviation 1 inside M: the tone of the skin, which the
    source shows already, takes no room in the code either.
    `shape`: the code is a `map` (1 / 2^depth of what is seen) or a `vector` (one more convolution
    over all of that map).
    `normalise`: the code's channels have a mean square of one, so that no term can shrink it.
    `stem`: a convolution at full size before the first that halves it, so that a map of depth 1
    still sees lines a pixel wide. `blocks`: residual blocks behind the last that halves it.

    Takes image [B, 3, H, W] in [-1, 1] and region [B, 1, H, W]; gives [B, channels, h, w].
    """

    def __init__(
        self,
        task: Task,
        channels: int,
        *,
        width: Annotated[int, Ge(1)] = 32,
        depth: Annotated[int, Ge(1)] = 4,
        max_channels: Annotated[int, Ge(1), Was("most")] = 256,
        shape: Literal["map", "vector"] = "map",
        sees: Sees = "region",
        standardise: bool = False,
        normalise: bool = True,
        norm: Norm = "none",
        stem: bool = False,
        blocks: Annotated[int, Ge(0)] = 0,
    ) -> None:
        super().__init__()
        self.sees, self.standardise, self.normalise = sees, standardise, normalise
        size = view_size(task.size, sees)
        require_depth(size, depth)
        inputs, levels = 4, widths(width, depth, max_channels)
        layers: list[nn.Module] = []
        if stem:
            layers.append(convolution(inputs, width, norm=norm))
            inputs, levels = width, widths(2 * width, depth, max_channels)
        layers += halvings(inputs, levels, norm)
        layers += (Residual(levels[-1], norm) for _ in range(blocks))
        self.body = nn.Sequential(*layers)
        if shape == "map":
            self.head = nn.Conv2d(levels[-1], channels, 3, padding=1)
        else:
            self.head = nn.Conv2d(levels[-1], channels, size // 2**depth)

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        if self.standardise:
            image = standardised(image, region)
        code = self.head(self.body(view_of(image, region, self.sees)))
        return unit(code) if self.normalise else code
