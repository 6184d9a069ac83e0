"""A plugin as the docs and the template of 0.4 wrote it: its imports have moved since."""
# ruff: noqa: I001 (as it was)

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torch import Tensor, nn
from torch.nn.functional import relu

from ebgan_kit import Edit, Faces, Task, hookimpl
from ebgan_kit.faces import region_of
from ebgan_kit.layers import convolution, doubling, in_range, require_depth, widths
from ebgan_kit.networks import Networks
from ebgan_kit.view import sample, square_about, standardised


class Transplant(nn.Module):
    """The exemplar's region is laid on the source's, and a network makes it fit.

        A_b = G(A·(1-M), M, L)       L: B, moved and scaled so that its region lies on A's

    L has mean 0 and deviation 1 in each colour, so skin and light must come from the source.

    `width`: channels of the first level, twice as many at each level.
    `depth`: how often the image is halved.
    """

    def __init__(
        self,
        task: Task,
        build: Callable[..., Any],
        *,
        width: Annotated[int, Ge(1)] = 16,
        depth: Annotated[int, Ge(1)] = 3,
    ) -> None:
        super().__init__()
        require_depth(task.size, depth)
        levels = widths(width, depth + 1, 8 * width)
        upwards = levels[::-1]
        self.stem = convolution(7, width)
        self.down = nn.ModuleList(convolution(i, o, 2) for i, o in pairwise(levels))
        self.up = nn.ModuleList(doubling(i, o) for i, o in pairwise(upwards))
        self.join = nn.ModuleList(convolution(2 * o, o) for o in upwards[1:])
        self.head = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit to train on, and the source, completed from a view of itself."""
        own = source if exemplar.order is None else exemplar[exemplar.order.argsort()]
        completed, rebuilt = self.draw(source, exemplar), self.draw(source, own)
        return Edit(source, exemplar, wanted, completed, rebuilt)

    def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Edit:
        """The edit to use."""
        return Edit(source, exemplar, wanted, self.draw(source, exemplar))

    def draw(self, source: Faces, exemplar: Faces) -> Tensor:
        """[B, 3, H, W]: the source with its region emptied and filled from the exemplar's."""
        region = region_of(source)
        seen = [source.image * (1 - region), region, laid(exemplar, source)]
        features = [self.stem(torch.cat(seen, dim=1))]
        for down in self.down:
            features.append(down(features[-1]))
        drawn = features.pop()
        for up, join in zip(self.up, self.join, strict=True):
            drawn = join(torch.cat([up(drawn), features.pop()], dim=1))
        return in_range(self.head(drawn), self.training)


def laid(exemplar: Faces, source: Faces) -> Tensor:
    """[B, 3, H, W]: the exemplar where its region meets the source's, without its own colours."""
    theirs, ours = region_of(exemplar), region_of(source)
    image = standardised(exemplar.image, theirs) * theirs
    (from_centre, from_half), (to_centre, to_half) = square_about(theirs), square_about(ours)
    scale = from_half / to_half
    return sample(image, from_centre - to_centre * scale[:, None], scale, image.shape[-1])


def sharpness(edit: Edit, networks: Networks, *, margin: Annotated[float, Ge(0)] = 0.0) -> Tensor:
    """Distance between the sharpness of the completed region and that of the exemplar's.

    Networks that are trained on distances between pixels alone draw what is too smooth.

    `margin`: differences up to this cost nothing.
    """
    drawn = steps(edit.completed, edit.region)
    wanted = steps(edit.exemplar.image, edit.exemplar.region)
    return relu((drawn - wanted).abs() - margin).mean()


def steps(image: Tensor, region: Tensor | None) -> Tensor:
    """[B]: by how much a region's pixels differ from those below and beside them, on average."""
    assert region is not None
    image, here = image.float(), region[..., :-1, :-1]
    corner = image[..., :-1, :-1]
    down, right = image[..., 1:, :-1] - corner, image[..., :-1, 1:] - corner
    size = (down.abs() + right.abs()).mean(1, keepdim=True)
    return (size * here).sum((1, 2, 3)) / here.sum((1, 2, 3)).clamp(min=1)


@hookimpl
def register(add):
    add.model(transplant=Transplant)
    add.loss(sharpness=sharpness)
