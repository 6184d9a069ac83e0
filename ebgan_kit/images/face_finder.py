"""The faces in a photograph of any size, whichever way they are turned."""

from __future__ import annotations

from cmath import phase
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.images.face import Face
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.images.yunet import detector

SIDE = 640
"""The longer side in pixels of what is looked at, larger or smaller as the photograph may be."""

TURNED = 480
"""That side while it is not known which way the photograph is turned."""

LEVEL = 0.15
"""The angle, in radians, up to which a face is as good as upright."""

CLOSE = 320
"""That side from close by, about a face that is known."""

FAR = 960
"""That side where nothing was found, since faces may be small."""

SURE = 0.9
"""The score of a face from which nobody turns the photograph to find a better one."""

BETTER = 0.05
"""By how much a face's score in a turned photograph must be above that of one as it stands."""

LEAST = 16
"""The shorter side in pixels of what may show a face at all."""

SMALL = 0.25
"""The share of a photograph's side below which a face is looked at once more, from close by."""

_TURNS = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}
"""Quarter turns to the left."""

BY_HAND = "give the eyes by hand: --eyes x,y,x,y, or two clicks in the studio"


class NoFace(UsageError):
    """A photograph in which no face was found."""


def find_faces(image: Image.Image) -> list[Face]:
    """Find the faces of a photograph, the largest first, in pixels of it upright.

    It is looked at as it stands. If that shows no sure face, it is turned by quarters, and if
    nothing is found at all, it is looked at from close by. NotInstalled where no finder is.
    """
    upright = upright_rgb(image)
    far = upright if max(upright.size) <= FAR else _scaled(upright, FAR)
    faces = _look(far)
    if _surest(faces) < SURE:
        turned = {q: _surest(_look(far, q, TURNED)) for q in _TURNS}
        likely = max(turned, key=turned.__getitem__)
        if turned[likely] > _surest(faces) + BETTER:
            faces = _look(far, likely)
    if not faces:
        faces = _look(far, side=FAR)
    there = [face.moved(max(upright.size) / max(far.size), 0) for face in faces]
    return sorted(there, key=lambda face: -face.size)


def choose_face(image: Image.Image, number: int = 1) -> Face:
    """Find the face of a number, counted from the largest, and look at it from close by.

    NoFace where there is none; UsageError for a number that is not there, and for a face that
    is seen from the side.
    """
    upright = upright_rgb(image)
    faces = find_faces(upright)
    if not faces:
        raise NoFace(f"no face was found: {BY_HAND}")
    if not 1 <= number <= len(faces):
        raise UsageError(
            f"there is no face {number}: the faces go from 1, the largest, to {len(faces)}, "
            "and ebgan-kit faces lists them"
        )
    face = _closer(upright, faces[number - 1])
    if face.from_the_side:
        raise UsageError(
            "the face is seen from the side, and models know faces from the front: take "
            f"another photograph, or {BY_HAND}"
        )
    return face


def largest_face(image: Image.Image) -> Face | None:
    """Find the largest face, and look at it from close by; None where there is none."""
    upright = upright_rgb(image)
    faces = find_faces(upright)
    return _closer(upright, faces[0]) if faces else None


def _closer(upright: Image.Image, face: Face) -> Face:
    """The same face, looked at upright from close by, where it is small or tilted.

    Its landmarks are more exact there.
    """
    small = face.size < SMALL * max(upright.size)
    tilt = abs(phase(face.across**4)) / 4  # from the nearest quarter turn
    if (not small and tilt < LEVEL) or not face.across:  # both eyes in one place tell no tilt
        return face
    side = round(max(upright.size) * min(1, CLOSE / (2 * face.size)))
    view = _scaled(upright, side)  # made small first, since a transform skips pixels
    scale = max(upright.size) / side
    edge = 2 * face.size / scale * face.across / abs(face.across)
    corner = face.middle / scale - edge * (1 + 1j) / 2
    turn = edge / CLOSE
    back = (turn.real, -turn.imag, corner.real, turn.imag, turn.real, corner.imag)
    near = view.transform((CLOSE, CLOSE), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
    looks = [look.moved(turn * scale, corner * scale) for look in _look(near, side=CLOSE)]
    same = [look for look in looks if abs(look.nose - face.nose) < face.size / 4]
    return max(same, key=lambda look: look.score, default=face)


def _look(view: Image.Image, quarters: int = 0, side: int = SIDE) -> list[Face]:
    """The faces in a view, in its pixels, seen at that side after so many quarter turns."""
    small = _scaled(view, side)
    if min(small.size) < LEAST:
        return []
    width, height = small.size
    seen = small.transpose(_TURNS[quarters]) if quarters else small
    back = {0: (1, 0), 1: (1j, width), 2: (-1, complex(width, height)), 3: (-1j, height * 1j)}
    factor, offset = back[quarters]
    scale = max(view.size) / side
    found = (Face.of_row(row) for row in detector()(np.asarray(seen)))
    return [face.moved(factor * scale, offset * scale) for face in found]


def _surest(faces: Sequence[Face]) -> float:
    return max((face.score for face in faces), default=0)


def _scaled(image: Image.Image, side: int) -> Image.Image:
    """The picture at that longer side."""
    scale = side / max(image.size)
    width, height = (max(1, round(edge * scale)) for edge in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2)
