"""A face in a photograph, as it was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ebgan_kit.images.crop import Eyes

FROM_THE_FRONT = 0.5
"""The distance of the eyes over that from them to the mouth: about 1 from the front, 0 from the
side. Below this the far half of the face is hidden."""


@dataclass(frozen=True)
class Face:
    """A face in an upright photograph; all places are in its pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right and bottom."""
    landmarks: tuple[complex, ...]
    """Five points x + iy in the order of `ebgan_kit.types.LANDMARKS`: left is the face's left side
    in a picture in which it stands upright."""
    score: float
    """How sure the finder is, from 0 to 1."""

    @classmethod
    def of_row(cls, row: np.ndarray) -> Face:
        """Read YuNet's row of 15: x, y, width, height, five points and the score."""
        x, y, width, height, *points, score = row.tolist()
        landmarks = [complex(*points[at : at + 2]) for at in range(0, 10, 2)]
        return cls((x, y, x + width, y + height), tuple(landmarks), score)

    @property
    def size(self) -> float:
        """The longer side of its box."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    @property
    def eyes(self) -> Eyes:
        """Both eyes, then the mouth's middle, which tells where below is."""
        points = (*self.landmarks[:2], self._mouth)
        x, y, other_x, other_y, mouth_x, mouth_y = (
            round(number, 2) for point in points for number in (point.real, point.imag)
        )
        return x, y, other_x, other_y, mouth_x, mouth_y

    @property
    def from_the_side(self) -> bool:
        """True for a profile, in which a model finds no face as it knows them."""
        down = self._mouth - (self.landmarks[0] + self.landmarks[1]) / 2
        return abs(self.across) < FROM_THE_FRONT * abs(down)

    @property
    def nose(self) -> complex:
        """Its tip."""
        return self.landmarks[2]

    @property
    def middle(self) -> complex:
        """Of its box."""
        left, top, right, bottom = self.box
        return complex(left + right, top + bottom) / 2

    @property
    def across(self) -> complex:
        """From the left eye to the right one."""
        return self.landmarks[1] - self.landmarks[0]

    @property
    def _mouth(self) -> complex:
        return (self.landmarks[3] + self.landmarks[4]) / 2

    def moved(self, factor: complex, offset: complex) -> Face:
        """Return it after each point was multiplied by a factor, which may turn, and moved."""
        left, top, right, bottom = self.box
        corners = [factor * complex(x, y) + offset for x in (left, right) for y in (top, bottom)]
        across, down = [p.real for p in corners], [p.imag for p in corners]
        box = min(across), min(down), max(across), max(down)
        return Face(box, tuple(factor * p + offset for p in self.landmarks), self.score)
