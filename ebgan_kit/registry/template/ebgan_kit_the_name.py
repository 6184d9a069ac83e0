"""A loss for ebgan-kit: the filled region is as sharp as the exemplar's."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor
from torch.nn.functional import relu

from ebgan_kit import Edit, Networks, hookimpl


def the_name(edit: Edit, networks: Networks, *, margin: Annotated[float, Ge(0)] = 0.0) -> Tensor:
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
    add.loss(the_name=the_name)
