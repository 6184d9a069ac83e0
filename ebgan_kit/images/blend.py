"""What an edit drew, made to sit better in its photograph; nothing here acts outside the region."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d

from ebgan_kit.images.poisson import membrane
from ebgan_kit.types import Faces, composite, region_of


def feathered(completed: Tensor, source: Tensor, area: Tensor, width: int) -> Tensor:
    """[B, 3, H, W]: `completed`, which fades into the source towards the area's edge.

    `area`: [B, 1, H, W] in {0, 1}. `width`: in how many pixels from the edge inwards. The edge of
    the picture is none.
    """
    share = area
    for side, half in (((2 * width + 1, 1), (width, 0)), ((1, 2 * width + 1), (0, width))):
        share = avg_pool2d(share, side, 1, half, count_include_pad=False)
    return source + (2 * share - 1).clamp(0, 1) * (completed - source)


def colours_matched(completed: Tensor, face: Faces) -> Tensor:
    """[B, 3, H, W]: `completed`, shifted inside the region by a smooth field of colours, so that it
    meets the source at the region's edge as it meets itself there (Pérez, Gangnet and Blake 2003).

    The network draws what is around the region too: how far it is off there is what the field
    continues. `face`: the source as the model sees it.
    """
    region = region_of(face)
    off = membrane(face.image.double() - completed.double(), region > 0.5)
    return composite((completed + off).clamp(-1, 1), face.image, region)
