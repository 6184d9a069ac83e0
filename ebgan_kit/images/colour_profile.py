"""The colour space of a picture, which its ICC profile says."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

from PIL import Image

PROFILE = "icc_profile"
"""Where Pillow keeps it, in an image's `info`; a picture without one is in sRGB."""


def in_srgb(image: Image.Image) -> Image.Image:
    """A picture for print, CMYK, in the colours that its profile says; RGB."""
    profile = image.info.get(PROFILE)
    return (_converted(image, profile, None) if profile else None) or image.convert("RGB")


def to_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring an RGB picture to the colour space of a profile, or to sRGB if that is None.

    A picture that is in it already is returned as it is; so is, with a warning, one where either
    profile is broken.
    """
    own = image.info.get(PROFILE)
    if own == profile:
        return image
    converted = _converted(image, own, profile)
    if converted is None:
        warnings.warn(
            "a colour profile cannot be read: a picture's colours are taken as they are",
            stacklevel=2,
        )
    return converted or image


def _converted(image: Image.Image, theirs: bytes | None, ours: bytes | None) -> Image.Image | None:
    """From one profile to another, as RGB; None where one of them is broken."""
    from PIL import ImageCms

    def opened(profile: bytes | None) -> Any:
        if profile is None:
            return ImageCms.createProfile("sRGB")
        return ImageCms.ImageCmsProfile(BytesIO(profile))

    try:
        made = ImageCms.profileToProfile(image, opened(theirs), opened(ours), outputMode="RGB")
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError):
        return None
    return made
