"""Soft edges and matched colours of an edit; nothing here acts outside the region."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d

from ebgan_kit.images.poisson import membrane
from ebgan_kit.types import Faces, composite, region_of


def feathered(completed: Tensor, source: Tensor, area: Tensor, width: int) -> Tensor:
    """Fade `completed`, [B, 3, H, W], into the source towards the area's edge.

    `area`: [B, 1, H, W] in {0, 1}. `width`: the fade's distance in pixels, inwards from the area's
    boundary. The picture's border does not count as a boundary.
    """
    share = area
    for side, half in (((2 * width + 1, 1), (width, 0)), ((1, 2 * width + 1), (0, width))):
        share = avg_pool2d(share, side, 1, half, count_include_pad=False)
    return source + (2 * share - 1).clamp(0, 1) * (completed - source)


def colours_matched(completed: Tensor, face: Faces) -> Tensor:
    """Shift the colours of `completed`, [B, 3, H, W], inside the region by a smooth field.

    The network generates the pixels around the region too. The field continues their difference
    from the source into the region, so that no edge shows (Pérez, Gangnet and Blake 2003). `face`:
    the source as the model sees it.
    """
    region = region_of(face)
    off = membrane(face.image.double() - completed.double(), region > 0.5)
    return composite((completed + off).clamp(-1, 1), face.image, region)
