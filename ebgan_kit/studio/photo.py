"""A picture that somebody works with in the browser."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from PIL import Image

from ebgan_kit.editing.document import KnownPicture, embedded
from ebgan_kit.images.face import Face
from ebgan_kit.images.face_finder import find_faces
from ebgan_kit.images.photographs import centre_square
from ebgan_kit.images.yunet import NotInstalled

SHORTEST, LONGEST = 512, 1024
"""The longer side in pixels of what is shown: room to paint, and little to send."""


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright RGB picture, and how a document names it."""

    name: str
    image: Image.Image
    file: KnownPicture

    @classmethod
    def drawn(cls, name: str, image: Image.Image) -> Photo:
        """Of a picture that is a file nowhere, so that a document brings it along."""
        return cls(name, image, embedded(name, png(image)))

    @classmethod
    def uploaded(cls, name: str, content: bytes, image: Image.Image) -> Photo:
        """Of a file that its owner keeps."""
        digest = hashlib.sha256(content).hexdigest()
        return cls(name, image, KnownPicture(name=name, sha256=digest))

    @cached_property
    def thumbnail(self) -> str:
        """The address of its middle, small."""
        box = centre_square(*self.image.size)
        return _webp(self.image.resize((96, 96), Image.Resampling.BICUBIC, box, reducing_gap=2))

    @cached_property
    def faces(self) -> Sequence[Face]:
        """All that are found, the largest first; none where no finder is installed."""
        try:
            return find_faces(self.image)
        except NotInstalled:
            return ()

    @cached_property
    def shown(self) -> str:
        return shown(self.image)


def png(image: Image.Image, **how: Any) -> bytes:
    """Return an image as a PNG; `how`: more options of `Image.save`."""
    buffer = BytesIO()
    image.save(buffer, "PNG", **how)
    return buffer.getvalue()


def url(content: bytes, kind: str) -> str:
    """Bytes as an address that holds them: what is shown so is no file on the server."""
    return f"data:{kind};base64,{b64encode(content).decode()}"


def shown(image: Image.Image, **how: Any) -> str:
    """The address of an image, at a size to be looked at; `how`: more options of `Image.save`."""
    return _webp(image.resize(size_shown(image), Image.Resampling.BICUBIC, reducing_gap=2), **how)


def _webp(image: Image.Image, **how: Any) -> str:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=90, method=0, **how)
    return url(buffer.getvalue(), "image/webp")


def size_shown(image: Image.Image) -> tuple[int, int]:
    longer = max(image.size)
    scale = min(max(longer, SHORTEST), LONGEST) / longer
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))
