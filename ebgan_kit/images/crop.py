"""The square of a photograph in which a model looks: cropped, and pasted back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, pad

from ebgan_kit.errors import UsageError, shown
from ebgan_kit.images.bands import Box, bands
from ebgan_kit.images.photographs import centre_square

Eyes = tuple[float, float, float, float] | tuple[float, float, float, float, float, float]
"""x and y of both eyes, in pixels of the upright photograph, in either order.

Then, where it is known, x and y of the mouth's middle. It tells which way up a face is, and how far
its mouth is from its eyes."""


@dataclass(frozen=True)
class Frame:
    """A square in a photograph of `width` by `height` pixels.

    Points are complex numbers, x + iy, in pixels; pixel i covers [i, i + 1).
    """

    width: int
    height: int
    corner: complex
    """The square's upper left corner."""
    edge: complex
    """From there to its upper right corner: how long the sides are, and how far it is turned."""

    @classmethod
    def middle(cls, width: int, height: int) -> Frame:
        """The largest square in the middle."""
        left, top, right, _ = centre_square(width, height)
        return cls(width, height, complex(left, top), complex(right - left))

    @classmethod
    def about(cls, eyes: Eyes, template: Tensor, width: int, height: int) -> Frame:
        """The square in which the eyes lie where the template, [5, 2] in units of it, has them.

        UsageError for eyes that are not four numbers or six, one point or outside the photograph.
        """
        left, right = _ordered(*_points(eyes))
        for eye in (left, right):
            if not (0 <= eye.real <= width and 0 <= eye.imag <= height):
                raise UsageError(
                    f"the eye {eye.real:g},{eye.imag:g} is outside the photograph of "
                    f"{width}x{height} pixels"
                )
        if abs(right - left) < 1:
            raise UsageError("the two eyes are one point: give one after the other")
        first, second = (complex(*point) for point in template[:2].tolist())
        edge = (right - left) / (second - first)
        return cls(width, height, left - first * edge, edge)

    @property
    def corners(self) -> list[complex]:
        """The four, one after the other around the square."""
        return [self.corner + self.edge * turn for turn in (0, 1, 1 + 1j, 1j)]

    @cached_property
    def box(self) -> Box:
        """The pixels of the photograph that the square touches."""
        across, down = [p.real for p in self.corners], [p.imag for p in self.corners]
        left, top = (max(0, int(min(places) // 1)) for places in (across, down))
        right = min(self.width, int(-(-max(across) // 1)))
        bottom = min(self.height, int(-(-max(down) // 1)))
        return left, top, right, bottom

    @property
    def whole(self) -> bool:
        """True if the square is upright and made of whole pixels of the photograph."""
        left, top, right, bottom = self.box
        return self.corner == complex(left, top) and self.edge == right - left == bottom - top

    def covers(self) -> Tensor:
        """[1, 1, h, w], bool: which pixels of `box` have their middle in the square."""
        left, top, right, bottom = self.box
        covered = torch.ones(1, 1, bottom - top, right - left, dtype=torch.bool)
        for band in () if self.whole else bands(self.box):
            unit = self._units(band)
            inside = (unit.real >= 0) & (unit.real < 1) & (unit.imag >= 0) & (unit.imag < 1)
            covered[..., band[1] - top : band[3] - top, :] = inside
        return covered

    def landmarks(self, template: Tensor) -> Tensor:
        """[1, 5, 2]: where the template's points lie, in pixels of `box`."""
        points = torch.view_as_complex(template.double().contiguous()) * self.edge + self.corner
        return torch.view_as_real(points - complex(*self.box[:2])).float()[None]

    def seen(self, part: Tensor, size: int) -> Tensor:
        """[B, C, size, size]: the square, out of `part`, [B, C, h, w], the pixels of `box`.

        Where the square reaches beyond the photograph, its border goes on.
        """
        if self.whole:
            return _resized(part, size, size)
        left, top, right, bottom = self.box
        scale = min(1.0, size / abs(self.edge))  # made small first, since a grid skips pixels
        small = _resized(part, *(max(1, round(side * scale)) for side in part.shape[-2:]))
        place = self.corner + self.edge * (_grid(0, 0, size, size) / size)
        x, y = (place.real - left) / (right - left), (place.imag - top) / (bottom - top)
        return _sampled(small, x, y)

    def put_back(self, square: Tensor, box: Box) -> Tensor:
        """[B, C, h, w]: what a square, [B, C, size, size], shows in the pixels of a box."""
        return self.shown(self.enlarged(square), box)

    def enlarged(self, square: Tensor) -> Tensor:
        """[B, C, side, side]: a square as large as in the photograph, if it is not turned."""
        side = max(1, round(abs(self.edge)))
        if self.whole:
            return _resized(square, side, side)
        return _resized(square, *(min(side, edge) for edge in square.shape[-2:]))

    def shown(self, enlarged: Tensor, box: Box) -> Tensor:
        """[B, C, h, w]: the pixels of a box of the photograph, out of an enlarged square."""
        if self.whole:
            return laid(enlarged, self.box, box)
        unit = self._units(box)
        return _sampled(enlarged, unit.real, unit.imag)

    def _units(self, box: Box) -> Tensor:
        """[h, w], complex: where a box's pixels lie in the square, from 0 to 1 + i."""
        return (_grid(*box) - self.corner) / self.edge


def down(eyes: Eyes) -> complex:
    """Return the way straight down the face, as long as the eyes are apart, in pixels."""
    left, right = _ordered(*_points(eyes))
    return (right - left) * 1j


def mouth_depth(eyes: Eyes) -> float | None:
    """Return how far the mouth lies below the eyes, in their distance.

    None if it is not known, or if no mouth lies there: it is about one distance in every face.
    """
    eye, other, *mouth = _points(eyes)
    if not mouth:
        return None
    depth = ((mouth[0] - (eye + other) / 2) / down(eyes)).real
    return depth if 0.5 < depth < 2 else None


def _points(eyes: Eyes) -> list[complex]:
    """Both eyes, and where it is said the mouth's middle."""
    try:
        numbers = [float(number) for number in eyes]
    except (TypeError, ValueError, OverflowError):
        numbers = []
    if len(numbers) not in (4, 6):
        raise UsageError(
            f"{shown(eyes)} are no eyes: they are four numbers, x and y of the one and of the "
            "other, or six with those of the mouth's middle"
        )
    return [complex(*numbers[at : at + 2]) for at in range(0, len(numbers), 2)]


def _ordered(eye: complex, other: complex, mouth: complex | None = None) -> tuple[complex, complex]:
    """The eye that is on the left where the face stands upright, and the other one."""
    across = other - eye
    if mouth is None:
        left_first = across.real >= 0
    else:
        below = mouth - (eye + other) / 2
        left_first = (below / across).imag >= 0 if across else True
    return (eye, other) if left_first else (other, eye)


def laid(content: Tensor, here: Box, there: Box) -> Tensor:
    """[B, C, h, w]: what one box holds, in the pixels of another; 0 beyond it."""
    left, top, right, bottom = (t - h for t, h in zip(there, here, strict=True))
    return pad(content, (-left, right, -top, bottom))


def _grid(left: int, top: int, right: int, bottom: int) -> Tensor:
    """[h, w], complex: the middles of the pixels."""
    across = torch.arange(left, right, dtype=torch.float64) + 0.5
    down = torch.arange(top, bottom, dtype=torch.float64) + 0.5
    return torch.complex(*torch.meshgrid(across, down, indexing="xy"))


def _resized(image: Tensor, height: int, width: int) -> Tensor:
    """A batch at another size, smoothly; untouched where it has that size."""
    if image.shape[-2:] == (height, width):
        return image
    return interpolate(
        image, (height, width), mode="bicubic", antialias=True, align_corners=False
    ).clamp_(-1, 1)


def _sampled(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """[B, C, h, w]: a batch at places [h, w], in units of it."""
    grid = torch.stack([x, y], dim=-1).mul(2).sub(1).to(image).expand(len(image), -1, -1, -1)
    return grid_sample(
        image, grid, mode="bicubic", padding_mode="border", align_corners=False
    ).clamp(-1, 1)
