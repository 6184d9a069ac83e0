"""Grey pictures of 16 and 32 bits, as scanners and scientific programs write them, in 8 bits."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

WHITES = (1, 2**8 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1)
"""What white may be in a picture of 32 bits, which does not say it."""

_BEYOND = 1.1
"""How far resampling takes values beyond white, at most."""

_BITS, _FORMAT, _UNSIGNED = 258, 339, 1
"""Tags of a TIFF: bits per sample, their format, and its value for whole numbers from 0 on."""


def eight_bits(image: Image.Image, share: float = 1.0) -> Image.Image:
    """Scale a deep grey picture to 8 bits; returns any other as it is.

    With 16 bits 65,535 is white. With 32 bits, whole or floating point, white is the first of
    `WHITES` that this share of the values keep below. Brighter ones are white, those below 0 black.
    A 16-bit value that stands for transparency becomes an alpha channel.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    if image.mode in ("I", "F"):
        values = _values(image)
        return _levels(values * (255 / _white(values, share)))
    whole, transparent = image.convert("I"), image.info.get("transparency")
    grey = whole.point(lambda value: value * (255 / 65535)).convert("L")
    if isinstance(transparent, int):
        grey.putalpha(_levels((_values(whole) != transparent) * 255))
    grey.info = {}
    return grey


def _values(image: Image.Image) -> Tensor:
    """[H, W]: float32, or int64 of whole numbers."""
    kind = torch.float32 if image.mode == "F" else torch.int32
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=kind)
    if kind == torch.int32:
        values = values.long() % 2**32 if _is_unsigned(image) else values.long()
    return values.view(image.height, image.width)


def _is_unsigned(image: Image.Image) -> bool:
    """True for a TIFF of 32 bits without a sign; Pillow reads its larger values as negative."""
    tags = getattr(image, "tag_v2", {})
    return (tags.get(_BITS), tags.get(_FORMAT)) == ((32,), (_UNSIGNED,))


def _white(values: Tensor, share: float) -> int:
    some = values.flatten().nan_to_num(0, 0, 0)
    if share < 1:  # of some million values, which say as much as all
        some = some[:: max(1, len(some) // 2**20)]
    bright = some.kthvalue(max(1, int(share * len(some)))).values if share < 1 else some.max()
    return next((white for white in WHITES if bright <= _BEYOND * white), WHITES[-1])


def _levels(values: Tensor) -> Image.Image:
    """A grey picture of levels from 0 to 255; beyond them it is cut, and NaN is black."""
    levels = values.nan_to_num(0).round().clamp(0, 255)
    return Image.fromarray(levels.to(torch.uint8).numpy())
