"""How a record of traits becomes a picture: shapes by signed distance, laid over each other.

All shapes live in the head's own frame: the origin is the midpoint of the eyes, x goes right and y
down along the head's roll, and the unit is the distance between the eyes. A picture's size enters
in one place only, where pixels are given their coordinates. So the same record drawn at 64 and at
256 pixels shows the same face.

Only sums, products, quotients and square roots are used, whose rounding does not depend on where a
number lies in memory: a face is the same, bit for bit, in whatever batch it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ebgan_kit.types import PARTS

Record = Mapping[str, Tensor]
"""Traits and attributes of B faces by name, each [B]."""

Colour = tuple[float, float, float]

PIECE = 32
"""How many faces are drawn at a time, so that what is being painted stays in the cache."""

PLACE = {
    "centre_x": (0.46, 0.54),  # between the eyes, in units of the picture
    "centre_y": (0.40, 0.44),
    "scale": (0.225, 0.265),  # the distance between the eyes, in units of the picture
    "roll": (-0.1, 0.1),  # tangent of half the angle: 11 degrees to both sides
}
"""Where a head may be: trait → its lowest and highest value."""

SKIN = (
    (0.98, 0.86, 0.78),
    (0.95, 0.77, 0.65),
    (0.85, 0.63, 0.48),
    (0.66, 0.45, 0.32),
    (0.45, 0.29, 0.21),
)
HAIR = (
    (0.06, 0.06, 0.08),
    (0.14, 0.10, 0.09),
    (0.25, 0.15, 0.10),
    (0.40, 0.23, 0.13),
    (0.58, 0.26, 0.12),
    (0.68, 0.42, 0.18),
    (0.88, 0.68, 0.32),
    (0.96, 0.85, 0.56),
)
IRIS = (
    (0.20, 0.12, 0.08),
    (0.42, 0.25, 0.12),
    (0.40, 0.42, 0.18),
    (0.22, 0.50, 0.36),
    (0.22, 0.46, 0.72),
    (0.45, 0.55, 0.62),
)
LIPS = ((0.86, 0.52, 0.50), (0.80, 0.40, 0.40), (0.70, 0.36, 0.34))
LIPSTICK = (
    (0.85, 0.08, 0.14),
    (0.62, 0.03, 0.14),
    (0.48, 0.08, 0.36),
    (0.88, 0.15, 0.48),
    (0.95, 0.32, 0.24),
)
FRAMES = ((0.08, 0.08, 0.10), (0.35, 0.18, 0.08), (0.65, 0.10, 0.14), (0.12, 0.25, 0.50))
CLOTHES = (
    (0.16, 0.20, 0.34),
    (0.70, 0.22, 0.24),
    (0.92, 0.88, 0.80),
    (0.20, 0.45, 0.40),
    (0.88, 0.66, 0.24),
    (0.42, 0.28, 0.48),
    (0.25, 0.26, 0.28),
)
GROUND = (
    (0.55, 0.74, 0.86),
    (0.93, 0.80, 0.62),
    (0.60, 0.76, 0.62),
    (0.90, 0.66, 0.62),
    (0.68, 0.62, 0.82),
    (0.86, 0.86, 0.84),
    (0.28, 0.36, 0.46),
)


def draw(record: Record, size: int) -> tuple[Tensor, Tensor]:
    """The picture [B, 3, size, size] in [-1, 1] and its part labels [B, size, size], uint8."""
    pieces = {name: values.split(PIECE) for name, values in record.items()}
    count = len(pieces["roll"])
    drawn = [_draw({name: pieces[name][i] for name in pieces}, size) for i in range(count)]
    images, parts = zip(*drawn, strict=True)
    return torch.cat(images), torch.cat(parts)


def _draw(record: Record, size: int) -> tuple[Tensor, Tensor]:
    face = Traits(record)
    canvas = Canvas.blank(face, size)
    for layer in (_ground, _back_hair):
        layer(canvas, face)
    for box, layers in (
        (Box(-2.1, 2.1, 1.0, 4.0), (_neck,)),
        (Box(-1.35, 1.35, -0.1, 0.5), (_ears,)),
        (Box(-1.2, 1.2, -1.4, 2.1), (_head,)),
        (Box(-1.2, 1.2, 0.1, 1.05), (_cheeks,)),
        (Box(-0.45, 0.45, -0.15, 0.9), (_nose,)),
        (Box(-0.72, 0.72, 0.65, 1.85), (_mouth,)),
        (Box(-1.1, 1.1, -0.62, 0.5), (_brows, _eyes)),
    ):
        window = canvas.window(box)
        for layer in layers:
            layer(window, face)
        canvas.put(window)
    _front_hair(canvas, face)
    _on_some(canvas, face, "Wearing_Hat", _hat)
    _light(canvas, face)
    return canvas.image.movedim(0, 1).mul(2).sub_(1).contiguous(), canvas.parts


class Traits:
    """A record whose traits are read as attributes, each [B, 1, 1], ready to meet a plane."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def __getattr__(self, name: str) -> Tensor:
        return self.record[name][:, None, None]

    def colour(self, stops: Sequence[Colour], name: str) -> Tensor:
        """[3, B, 1, 1]: the trait as a place along a row of colours."""
        return palette(stops, self.record[name])


def palette(stops: Sequence[Colour], place: Tensor) -> Tensor:
    """[3, B, 1, 1]: the colour at `place` [B] in [0, 1] along a row of colours."""
    table = torch.tensor(stops, device=place.device)
    position = place * (len(stops) - 1)
    low = position.floor().clamp(0, len(stops) - 2)
    share = (position - low)[:, None]
    colour = table[low.long()] * (1 - share) + table[low.long() + 1] * share
    return colour.T[:, :, None, None]


def hair_tone(record: Record) -> Tensor:
    """[B]: place along `HAIR`; black and blond hair have a stretch each, the rest lies between."""
    tone = record["hair_tone"]
    other = torch.where(record["Blond_Hair"] > 0.5, 0.84 + 0.16 * tone, 0.26 + 0.38 * tone)
    return torch.where(record["Black_Hair"] > 0.5, 0.1 * tone, other)


# Where pixels are and how they are painted ------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """A stretch of the head's frame that a layer does not leave."""

    left: float
    right: float
    top: float
    bottom: float

    def pixels(self, size: int) -> tuple[slice, slice]:
        """The rows and columns that hold the box, wherever `PLACE` may put the head."""
        sine = 2 * PLACE["roll"][1]
        tilt_x = sine * max(abs(self.top), abs(self.bottom))
        tilt_y = sine * max(abs(self.left), abs(self.right))
        columns = _reach("centre_x", self.left - tilt_x, self.right + tilt_x, size)
        return _reach("centre_y", self.top - tilt_y, self.bottom + tilt_y, size), columns


def _reach(centre: str, low: float, high: float, size: int) -> slice:
    """The pixels along one side of the picture that a stretch of the head's frame may fall on."""
    first = PLACE[centre][0] + min(scale * low for scale in PLACE["scale"])
    last = PLACE[centre][1] + max(scale * high for scale in PLACE["scale"])
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


def _on_some(canvas: Canvas, face: Traits, attribute: str, layer) -> None:
    """Draw a layer on those faces only that have the attribute."""
    faces = face.record[attribute].nonzero()[:, 0]
    some = canvas.some(faces)
    layer(some, Traits({name: value[faces] for name, value in face.record.items()}))
    canvas.image[:, faces], canvas.parts[faces] = some.image, some.parts


# Shapes: signed distances, negative inside ------------------------------------------------------


def ellipse(x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """Around the origin, with radii a and b; exact to first order at its edge."""
    across, down = x / a, y / b
    level = across * across + down * down
    across, down = across / a, down / b
    slope = (across * across + down * down).sqrt_()
    return (level - 1) / (2 * slope + 1e-6)


def box(
    x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float, corner: Tensor | float
) -> Tensor:
    """A box around the origin with half sides a and b, and round corners."""
    across, down = x.abs() - (a - corner), y.abs() - (b - corner)
    inside = torch.maximum(across, down).clamp_(max=0)
    across, down = across.clamp_(min=0), down.clamp_(min=0)
    return (across * across + down * down).sqrt_() + inside - corner


def lens(x: Tensor, y: Tensor, a: Tensor, top: Tensor | float, bottom: Tensor | float) -> Tensor:
    """Between two parabolas that meet at x = -a and a, and reach `top` above and `bottom` below."""
    across = x / a
    profile = 1 - across * across
    within = 0.85 * torch.maximum(-y - top * profile, y - bottom * profile)
    return torch.maximum(within, x.abs() - a)


def join(one: Tensor, other: Tensor, blend: float) -> Tensor:
    """The union of two shapes, with the corner between them filled smoothly."""
    near = (blend - (one - other).abs()).clamp_(min=0)
    return torch.minimum(one, other) - near * near / (4 * blend)


# The layers of a portrait, from back to front ---------------------------------------------------


def _ground(canvas: Canvas, face: Traits) -> None:
    """A wall: a gradient, or two colours with an edge between them."""
    first, second = face.colour(GROUND, "ground_first"), face.colour(GROUND, "ground_second")
    sharp = 0.16 + (face.ground_edge > 0.6) * 4.0
    along = (canvas.x * face.ground_x + canvas.y * face.ground_y) * sharp
    canvas.image.copy_(first.expand_as(canvas.image))
    canvas.paint((along + 0.5).clamp_(0, 1), second)


def _hair_length(face: Traits) -> Tensor:
    """How far down the hair hangs; long hair is more common where Male is off."""
    long = face.hair_length > 0.3 + 0.58 * face.Male
    return torch.where(
        long & ~_bald(face), 1.0 + 1.2 * face.hair_length, 0.1 + 0.2 * face.hair_length
    )


def _bald(face: Traits) -> Tensor:
    return (face.hair_style < 0.22 * face.Male) & (face.Bangs < 0.5)


def _hair_cap(canvas: Canvas, face: Traits) -> Tensor:
    """The outline of the hair around the skull; curls make it bumpy."""
    a, b = face.face_width + 0.02 + face.hair_volume, 1.26 + face.hair_volume
    curls = canvas.stripes(canvas.x, 2.3) + canvas.stripes(canvas.y + 0.2, 2.3)
    return ellipse(canvas.x, canvas.y + 0.1, a, b) - (0.09 * _curly(face)) * curls


def _curly(face: Traits) -> Tensor:
    return (face.hair_curl > 0.7).float()


def _long_hair(canvas: Canvas, face: Traits) -> Tensor:
    bottom, top = _hair_length(face), -1.34 - face.hair_volume
    a = face.face_width + 0.04 + 0.9 * face.hair_volume + 0.03 * bottom
    return box(canvas.x, canvas.y - (bottom + top) / 2, a, (bottom - top) / 2, a * 0.92)


def _is_long(face: Traits) -> Tensor:
    return _hair_length(face) > 0.5


def _back_hair(canvas: Canvas, face: Traits) -> None:
    colour = palette(HAIR, hair_tone(face.record)) * 0.62
    cap = torch.maximum(_hair_cap(canvas, face), canvas.y - 0.6)
    shape = torch.where(_is_long(face), torch.minimum(cap, _long_hair(canvas, face)), cap)
    canvas.paint(canvas.cover(shape) * ~_bald(face), colour, "hair")


def _neck(canvas: Canvas, face: Traits) -> None:
    """Neck and clothes."""
    skin = _skin(face)
    a = 0.46 + 0.12 * face.Male
    neck = join(canvas.x.abs() - a, ellipse(canvas.x, canvas.y - 2.55, 1.5, 0.42), 0.3)
    canvas.paint(canvas.cover(torch.maximum(neck, 1 - canvas.y)), _shadow(skin, 0.80), "neck")
    shoulders = ellipse(canvas.x, canvas.y - 3.2, 1.75 + 0.25 * face.Male, 1.2)
    collar = ellipse(canvas.x, canvas.y - 1.95, a + 0.14, 0.18 + 0.3 * face.collar)
    cloth = face.colour(CLOTHES, "cloth_tone")
    cover = canvas.cover(torch.maximum(shoulders, -collar))
    canvas.paint(cover, cloth, "cloth")
    canvas.paint(cover * canvas.cover((collar - 0.04).abs_() - 0.02), cloth * 0.75)


def _skin(face: Traits) -> Tensor:
    return face.colour(SKIN, "skin_tone")


def _plain(like: Tensor, red: float, green: float, blue: float) -> Tensor:
    """[3, 1, 1, 1]: one colour for every face, on the device of `like`."""
    return torch.tensor([red, green, blue], device=like.device)[:, None, None, None]


def _shadow(colour: Tensor, depth: float) -> Tensor:
    """A darker, redder tone of a colour."""
    return colour * _plain(colour, 1.0, 0.92, 0.90) * depth


def _ears(canvas: Canvas, face: Traits) -> None:
    skin = _skin(face)
    x = canvas.x.abs() - face.face_width - 0.02
    canvas.paint(
        canvas.cover(ellipse(x, canvas.y - 0.2, 0.15, 0.27)), skin * 0.95, "l_ear", "r_ear"
    )
    canvas.paint(
        canvas.cover(ellipse(x - 0.02, canvas.y - 0.2, 0.08, 0.17), 0.1), _shadow(skin, 0.78)
    )


def _head_shape(canvas: Canvas, face: Traits) -> Tensor:
    skull = ellipse(canvas.x, canvas.y + 0.18, face.face_width, 1.12)
    jaw_width = face.jaw_width + 0.1 * face.Male
    jaw = ellipse(canvas.x, canvas.y - face.chin + 0.85, jaw_width, 0.85)
    return join(skull, jaw, 0.45)


def _head(canvas: Canvas, face: Traits) -> None:
    skin, shape = _skin(face), _head_shape(canvas, face)
    neck = canvas.parts == PARTS.index("neck")
    canvas.paint(neck * canvas.cover(shape - 0.09, 0.3), _shadow(skin, 0.62))
    cover = canvas.cover(shape)
    canvas.paint(cover, skin, "skin")
    edge = (1 + shape / 0.5).clamp_(0, 1)
    canvas.paint(cover * edge * edge * 0.75, _shadow(skin, 0.78))


def _cheeks(canvas: Canvas, face: Traits) -> None:
    rose = _skin(face) * 0.7 + _plain(canvas.x, 0.27, 0.06, 0.07)
    x, y = canvas.x.abs() - 0.66, canvas.y - 0.55
    canvas.paint(canvas.cover(ellipse(x, y, 0.25, 0.2), 0.35) * (0.55 * face.blush), rose)


def _nose(canvas: Canvas, face: Traits) -> None:
    """A ball between two wings, under a bridge; light from above."""
    skin, large = _skin(face), 1 + 0.5 * face.Big_Nose
    a, x, y = face.nose_width * large, canvas.x, canvas.y - face.nose_tip
    ball = ellipse(x, y, a * 0.75, 0.10 * large)
    wings = ellipse(x.abs() - a * 0.72, y - 0.02, a * 0.42, 0.07 * large)
    half = 0.5 * face.nose_tip
    bridge = torch.maximum(x.abs() - 0.06 - 0.25 * canvas.y * a, (y + half).abs() - half)
    shape = join(join(ball, wings, 0.08), bridge, 0.1)
    canvas.paint(canvas.cover(shape - 0.03, 0.14) * 0.55, _shadow(skin, 0.72))
    canvas.paint(canvas.cover(torch.minimum(ball, wings) + 0.01, 0.05), skin * 0.97, "nose")
    bright = skin * 0.6 + 0.4
    canvas.paint(canvas.cover(ellipse(x, y + half, 0.05, half), 0.1) * 0.45, bright)
    canvas.paint(canvas.cover(ellipse(x, y + 0.03, a * 0.35, 0.04 * large), 0.08) * 0.6, bright)
    nostrils = ellipse(x.abs() - a * 0.42, y - 0.065 * large, a * 0.2, 0.026 * large)
    canvas.paint(canvas.cover(nostrils), skin * 0.3)


def _brows(canvas: Canvas, face: Traits) -> None:
    x, y = canvas.x.abs() - 0.5, canvas.y + face.brow_height
    a = face.brow_width
    arch = 0.03 * face.brow_bend + (0.11 + 0.05 * face.brow_bend) * face.Arched_Eyebrows
    outward = x / a - 0.25
    outward = torch.where(outward < 0, 0.68 * outward, outward)
    y = y + arch * (0.7 - outward * outward) - face.brow_tilt * x
    thick = face.brow_thick * (1 + 1.1 * face.Bushy_Eyebrows) * (1 - 0.3 * (x / a).clamp(-1, 1))
    strokes = canvas.stripes(x - 0.6 * y, 26) * (0.2 + 0.3 * face.Bushy_Eyebrows)
    cover = canvas.cover(lens(x, y, a, thick, thick * 0.8))
    colour = face.colour(HAIR, "brow_tone") * 0.8
    canvas.paint(cover, colour, "l_brow", "r_brow")
    canvas.paint(cover * strokes, colour * 0.5)


def _eyes(canvas: Canvas, face: Traits) -> None:
    skin = _skin(face)
    x, y = canvas.x.abs() - 0.5, canvas.y
    a = face.eye_width
    tall = face.eye_height * (1 - 0.55 * face.Narrow_Eyes)
    y = y + face.eye_tilt * x
    lid = lens(x, y + 0.015, a * 1.12, tall * 1.2 + 0.06, tall)
    canvas.paint(canvas.cover(lid, 0.08) * 0.7, _shadow(skin, 0.74))
    shape = lens(x, y, a, tall, tall * 0.85)
    cover = canvas.cover(shape)
    canvas.paint(cover, _plain(canvas.x, 0.96, 0.96, 0.96), "l_eye", "r_eye")
    _iris(canvas, face, cover, y)
    upper = (y + tall * (1 - (x / a) * (x / a))).abs() - 0.018 - 0.025 * face.lashes * (x / a + 1)
    ends = (x - 0.03 * face.lashes).abs() - a * 1.06
    canvas.paint(canvas.cover(torch.maximum(upper, ends)), skin * 0.12)
    _glasses(canvas, face)


def _iris(canvas: Canvas, face: Traits, eye: Tensor, y: Tensor) -> None:
    """Iris, pupil and highlight, inside the eye's opening; both eyes look the same way."""
    x = torch.where(canvas.x < 0, canvas.x + 0.5, canvas.x - 0.5) - face.gaze
    iris, radius = face.colour(IRIS, "iris_tone"), face.iris_size
    distance = (x * x + y * y).sqrt()
    canvas.paint(eye * canvas.cover(distance - radius), iris * 0.55)
    canvas.paint(eye * canvas.cover(distance - radius * 0.8, 0.05), iris)
    canvas.paint(eye * canvas.cover(distance - radius * 0.45), iris * 0.1)
    glint = ellipse(x + radius * 0.3, y + radius * 0.38, radius * 0.28, radius * 0.28)
    canvas.paint(eye * canvas.cover(glint), _plain(canvas.x, 1.0, 1.0, 1.0))


def _glasses(canvas: Canvas, face: Traits) -> None:
    x, y = canvas.x.abs(), canvas.y - 0.02
    a, b = face.frame_width, face.frame_width * (0.72 + 0.22 * face.frame_round)
    rim = box(x - 0.5, y, a, b, b * (0.35 + 0.6 * face.frame_round))
    arm = torch.maximum((y + 0.06).abs() - 0.025, (x - 0.78).abs() - 0.27)
    bridge = torch.maximum((y + 0.06 - 0.4 * x * x).abs() - 0.025, x + a - 0.52)
    frame = rim.abs() - face.frame_thick
    outside = torch.maximum(torch.minimum(arm, bridge), -rim)
    canvas.paint(canvas.cover(rim) * (0.16 * face.Eyeglasses), _plain(canvas.x, 0.95, 0.95, 0.95))
    cover = canvas.cover(torch.minimum(frame, outside)) * face.Eyeglasses
    canvas.paint(cover, face.colour(FRAMES, "frame_tone"), "eye_g")


@dataclass(frozen=True)
class MouthShape:
    """Measures of a mouth, each [B, 1, 1]; the corners are where its landmarks are."""

    width: Tensor  # from the middle to a corner
    smile: Tensor  # how far the corners are raised over the middle
    above: Tensor  # of the opening, over the line between the lips
    below: Tensor
    upper: Tensor  # thickness of the lips
    lower: Tensor

    @classmethod
    def of(cls, face: Traits) -> MouthShape:
        smiling, full = face.Smiling, 1 + 0.6 * face.Big_Lips
        smile = smiling * (0.14 + 0.1 * face.smile) - (1 - smiling) * (0.07 - 0.1 * face.smile)
        opening = face.Mouth_Slightly_Open * (0.11 + 0.17 * face.opening)
        width = face.mouth_width * (1 + 0.12 * smiling) * (1 - 0.6 * opening * (1 - smiling))
        above, below = 0.25 * opening + 0.008, 0.75 * opening + 0.008
        return cls(width, smile, above, below, face.upper_lip * full, face.lower_lip * full)

    def rise(self) -> Tensor:
        """How far the corners lie over the mouth's height."""
        return 0.6 * self.smile


def _mouth(canvas: Canvas, face: Traits) -> None:
    mouth = MouthShape.of(face)
    across = canvas.x / mouth.width
    y = canvas.y - face.mouth_height - 0.4 * mouth.smile + mouth.smile * across * across
    _goatee(canvas, face, mouth)
    _lips(canvas, face, mouth, y)
    _cavity(canvas, face, mouth, y)
    _moustache(canvas, face)


def _lips(canvas: Canvas, face: Traits, mouth: MouthShape, y: Tensor) -> None:
    natural = _skin(face) * 0.35 + face.colour(LIPS, "lip_tone") * 0.60
    lips = torch.where(face.Wearing_Lipstick > 0.5, face.colour(LIPSTICK, "lipstick_tone"), natural)
    x, a = canvas.x, mouth.width
    below = canvas.cover(ellipse(x, y - mouth.below - mouth.lower - 0.03, a * 0.5, 0.04), 0.1)
    canvas.paint(below * 0.5, _shadow(_skin(face), 0.7))
    bow = 1 - 0.22 * (1 - (x / a).abs() * 3.2).clamp_(min=0)
    upper = lens(x, y, a, (mouth.above + mouth.upper) * bow, 0.0)
    lower = lens(x, y, a, 0.0, mouth.below + mouth.lower)
    canvas.paint(canvas.cover(lower), lips, "l_lip")
    canvas.paint(canvas.cover(upper - 0.004), lips * 0.80, "u_lip")
    glow = ellipse(x, y - mouth.below - 0.5 * mouth.lower, a * 0.38, mouth.lower * 0.28)
    canvas.paint(canvas.cover(glow, 0.06) * (0.25 + 0.3 * face.Wearing_Lipstick), lips * 0.5 + 0.5)


def _cavity(canvas: Canvas, face: Traits, mouth: MouthShape, y: Tensor) -> None:
    """Between the lips: a dark line where they meet; teeth and a tongue where they do not."""
    x, a = canvas.x, mouth.width * 0.97
    cover = canvas.cover(lens(x, y, a, mouth.above, mouth.below))
    dark = _plain(x, 0.28, 0.05, 0.07)
    canvas.paint(cover, dark, "mouth")
    inside = cover * face.Mouth_Slightly_Open
    tongue = ellipse(x, y - mouth.below - 0.02, a * 0.55, 0.09)
    canvas.paint(inside * canvas.cover(tongue), _plain(x, 0.60, 0.26, 0.28))
    across = x / a
    edge = y + mouth.above * (1 - across * across) - face.teeth * (mouth.above + mouth.below)
    teeth = inside * canvas.cover(torch.maximum(edge, across.abs() - 0.86))
    canvas.paint(teeth, _plain(x, 0.97, 0.97, 0.97))
    gaps = (canvas.stripes(x, 7.5) * 12 - 11).clamp_(0, 1)
    canvas.paint(teeth * gaps * 0.25, dark)


def _moustache(canvas: Canvas, face: Traits) -> None:
    """Two wings from under the nose, whose ends hang or curl."""
    a = face.moustache_width
    across = canvas.x.abs() / a
    y = canvas.y - face.mouth_height + 0.24 - face.moustache_droop * across * across
    thick = face.moustache_thick * (0.72 + across.clamp(max=0.5))
    shape = lens(canvas.x, y, a, thick, thick)
    parted = 0.03 * face.moustache_parted - canvas.x.abs()
    cover = canvas.cover(torch.maximum(shape, parted)) * face.Mustache
    _bristles(canvas, face, cover, canvas.stripes(canvas.x.abs() * 0.8 - y, 13))


def _goatee(canvas: Canvas, face: Traits, mouth: MouthShape) -> None:
    """On the chin, from under the lower lip; round or pointed, with or without a tuft above."""
    top = face.mouth_height + 0.4 * mouth.smile + mouth.below + mouth.lower
    bottom = face.mouth_height + 0.63
    top = torch.minimum(top + 0.05, bottom - 0.22)
    half = (bottom - top) / 2
    y = canvas.y - (bottom + top) / 2
    a = face.goatee_width * (1 - face.goatee_pointed * (y / half).clamp(-1, 1))
    shape = box(canvas.x, y, a, half, 0.8 * torch.minimum(half, a))
    cover = canvas.cover(shape) * face.Goatee
    _bristles(canvas, face, cover, canvas.stripes(canvas.x + 0.35 * y * canvas.x, 15))


def _bristles(canvas: Canvas, face: Traits, cover: Tensor, strokes: Tensor) -> None:
    colour = face.colour(HAIR, "beard_tone") * 0.9
    canvas.paint(cover, colour)
    canvas.paint(cover * strokes * 0.45, colour * 0.45)


def _front_hair(canvas: Canvas, face: Traits) -> None:
    """What falls over the forehead and, where it is long, beside the cheeks."""
    cap, beside = _hair_cap(canvas, face), face.face_width - canvas.x.abs()
    shape = torch.maximum(cap, (canvas.y - _hairline(canvas, face)) * 0.8)
    locks = torch.maximum(beside - 0.07 * face.face_width, -0.1 - canvas.y)
    locks = torch.maximum(locks, _long_hair(canvas, face))
    shape = torch.where(_is_long(face), torch.minimum(shape, locks), shape)
    fringe = torch.maximum(beside - 0.03, (canvas.y + 0.2).abs() - 0.4)
    fringe = torch.maximum(fringe, cap + 0.6 * face.hair_volume)
    _paint_hair(canvas, face, canvas.cover(torch.where(_bald(face), fringe, shape)))


def _hairline(canvas: Canvas, face: Traits) -> Tensor:
    """How far down the forehead the hair reaches: highest at the parting, or level with bangs."""
    part = face.hair_part * (1 - face.Bangs)
    fall = (canvas.x - part) / (1.1 + part.abs())
    fall = fall * fall
    height = torch.where(face.Bangs > 0.5, -0.6, face.hairline)
    strands = canvas.stripes(canvas.x + face.hair_part, 3.3) * (0.1 * face.Bangs)
    return height + strands + (0.15 - height) * fall * (1 - face.Bangs + face.Bangs * fall)


def _paint_hair(canvas: Canvas, face: Traits, cover: Tensor) -> None:
    """Strands that spread from the crown, and a gleam on the side of the light."""
    colour = palette(HAIR, hair_tone(face.record))
    canvas.paint(cover, colour, "hair")
    x = canvas.x - face.hair_part
    rays = x / (canvas.y.clamp(max=0.3) + 2.6) + _curly(face) * 0.06 * canvas.stripes(canvas.y, 1.7)
    strands = canvas.stripes(2.6 * rays, 6.5) * canvas.stripes(2.6 * rays, 15.8)
    canvas.paint(cover * strands * 0.6, colour * 0.5)
    gleam = ellipse(canvas.x - 0.35 * face.light_x.sign(), canvas.y + 1.05, 0.5, 0.12)
    canvas.paint(cover * canvas.cover(gleam, 0.3) * 0.3, colour * 0.5 + 0.5)


def _hat(canvas: Canvas, face: Traits) -> None:
    """A dome and a band: a cap with no brim, or a hat with one."""
    brim = face.hat_brim > 0.5
    a = face.face_width + face.hair_volume + 0.05
    y = canvas.y + 0.68
    dome = torch.maximum(ellipse(canvas.x, y, a, 0.75 + 0.25 * face.hat_height), y)
    felt, ribbon = face.colour(CLOTHES, "hat_tone"), face.colour(CLOTHES, "ribbon_tone")
    cover = canvas.cover(dome)
    canvas.paint(cover, felt, "hat")
    canvas.paint(cover * canvas.stripes(canvas.x, 5) * 0.25, felt * 0.6)
    canvas.paint(cover * canvas.cover(-0.22 - y), ribbon)
    wide = torch.where(brim, a + 0.45, a + 0.04)
    band = box(canvas.x, y - 0.02, wide, torch.where(brim, 0.06, 0.1), 0.05)
    canvas.paint(canvas.cover(band), torch.where(brim, felt * 0.85, ribbon), "hat")


def _light(canvas: Canvas, face: Traits) -> None:
    """One smooth light over all that was drawn."""
    slope = canvas.x * face.light_x + (canvas.y - 0.4) * face.light_y
    slope = (slope * face.light_strength).clamp_(-0.6, 0.3)
    slope *= 0.4 + 0.6 * (canvas.parts > 0)  # the wall stands further away
    warmth = _plain(slope, 0.06, 0.0, -0.06)
    canvas.image.mul_((1 + slope) * (1 + warmth * face.light_warmth)).clamp_(0, 1)
