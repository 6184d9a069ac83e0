"""Where pixels are in the head's frame, and how shapes are painted on them.

The origin of the head's frame is the midpoint of the eyes, x goes right and y down along the head's
roll, and the unit is the distance between the eyes. A picture's size enters here only, where pixels
are given their coordinates. So the same record drawn at 64 and at 256 pixels shows the same face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.record import POSE, Traits
from ebgan_kit.types import PARTS

Layer = Callable[["Canvas", Traits], None]
"""Paints one thing on the faces of a canvas."""


@dataclass(frozen=True)
class Box:
    """A stretch of the head's frame that a layer does not leave."""

    left: float
    right: float
    top: float
    bottom: float

    def pixels(self, size: int) -> tuple[slice, slice]:
        """The rows and columns that hold the box, wherever `POSE` may put the head."""
        sine = 2 * POSE["roll"][1]
        tilt_x = sine * max(abs(self.top), abs(self.bottom))
        tilt_y = sine * max(abs(self.left), abs(self.right))
        columns = _reach("centre_x", self.left - tilt_x, self.right + tilt_x, size)
        return _reach("centre_y", self.top - tilt_y, self.bottom + tilt_y, size), columns


def _reach(centre: str, low: float, high: float, size: int) -> slice:
    """The pixels along one side of the picture that a stretch of the head's frame may fall on."""
    first = POSE[centre][0] + min(scale * low for scale in POSE["scale"])
    last = POSE[centre][1] + max(scale * high for scale in POSE["scale"])
    return slice(max(0, int(first * size) - 1), min(size, int(last * size) + 2))


@dataclass
class Canvas:
    """B pictures, or one window of each, while they are painted."""

    image: Tensor  # [3, B, h, w] in [0, 1]; channels first, so that a plane is one piece of memory
    parts: Tensor  # [B, h, w], uint8
    x: Tensor  # [B, h, w], in the head's frame
    y: Tensor
    pixel: Tensor  # [B, 1, 1], the width of a pixel in the head's frame
    place: tuple[slice, slice] = (slice(None), slice(None))  # a window's rows and columns

    @classmethod
    def blank(cls, face: Traits, size: int) -> Canvas:
        x, y = _head_frame(face, size)
        image = torch.empty((3, *x.shape), device=x.device)
        parts = torch.zeros(x.shape, dtype=torch.uint8, device=x.device)
        return cls(image, parts, x, y, 1 / (face.scale * size))

    def window(self, box: Box) -> Canvas:
        """A copy of the rows and columns that hold `box`: a layer costs by what it may touch."""
        rows, columns = box.pixels(self.x.shape[-1])
        planes = (self.image, self.parts, self.x, self.y)
        image, parts, x, y = (
            p[..., rows, columns].clone(memory_format=torch.contiguous_format) for p in planes
        )
        return Canvas(image, parts, x, y, self.pixel, (rows, columns))

    def put(self, window: Canvas) -> None:
        """Copy a window back to where it was taken from."""
        rows, columns = window.place
        self.image[..., rows, columns] = window.image
        self.parts[..., rows, columns] = window.parts

    def some(self, faces: Tensor) -> Canvas:
        """A copy of some pictures, by their numbers [n]."""
        x, y, pixel = self.x[faces], self.y[faces], self.pixel[faces]
        return Canvas(self.image[:, faces], self.parts[faces], x, y, pixel)

    def cover(self, distance: Tensor, soft: float = 0.0) -> Tensor:
        """[B, h, w] in [0, 1]: how much of a pixel a shape covers; `soft` widens its edge."""
        if not soft:
            return (0.5 - distance / self.pixel).clamp_(0, 1)
        ramp = (0.5 - distance / soft).clamp_(0, 1)
        return ramp * ramp * (3 - 2 * ramp)

    def stripes(self, value: Tensor, frequency: float) -> Tensor:
        """[B, h, w] in [0, 1]: a zigzag over `value`, a plain grey where pixels cannot show it."""
        contrast = (1.7 - 3 * frequency * self.pixel).clamp_(0, 1)
        value = value * frequency
        return (value - value.floor() - 0.5).abs_().mul_(2).sub_(0.5).mul_(contrast).add_(0.5)

    def paint(self, cover: Tensor, colour: Tensor, *parts: str) -> None:
        """Lay a colour [3, B, 1, 1] over the picture; two parts are those left and right."""
        for plane, tone in zip(self.image, colour, strict=True):
            plane.add_((tone - plane).mul_(cover))
        if parts:
            here = cover > 0.5
            self.parts.masked_fill_(here, PARTS.index(parts[0]))
        if len(parts) == 2:
            self.parts.masked_fill_(here.logical_and_(self.x > 0), PARTS.index(parts[1]))


def _head_frame(face: Traits, size: int) -> tuple[Tensor, Tensor]:
    """x and y [B, size, size] of the centres of pixels."""
    centres = (torch.arange(size, device=face.roll.device) + 0.5) / size
    across = (centres - face.centre_x) / face.scale
    down = (centres[:, None] - face.centre_y) / face.scale
    cosine, sine = _turn(face.roll)
    return across * cosine + down * sine, down * cosine - across * sine


def to_picture(face: Traits, x: Tensor | float, y: Tensor | float) -> Tensor:
    """[B, 2]: a point of the head's frame, in units of the picture."""
    cosine, sine = _turn(face.roll)
    across = face.centre_x + face.scale * (x * cosine - y * sine)
    down = face.centre_y + face.scale * (x * sine + y * cosine)
    return torch.cat([across, down], dim=-1)[:, 0]


def _turn(roll: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of an angle given by the tangent of its half."""
    square = roll * roll
    return (1 - square) / (1 + square), 2 * roll / (1 + square)


def paint_some(canvas: Canvas, face: Traits, attribute: str, layer: Layer) -> None:
    """Draw a layer on those faces only that have the attribute."""
    faces = face.record[attribute].nonzero()[:, 0]
    some = canvas.some(faces)
    layer(some, Traits({name: value[faces] for name, value in face.record.items()}))
    canvas.image[:, faces], canvas.parts[faces] = some.image, some.parts
