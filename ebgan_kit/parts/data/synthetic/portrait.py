"""A record of traits becomes a picture: layers of shapes, from back to front.

Only sums, products, quotients and square roots are used, whose rounding does not depend on where a
number lies in memory: a face is the same, bit for bit, in whatever batch it is drawn.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.canvas import Box, Canvas, paint_some
from ebgan_kit.parts.data.synthetic.colours import CLOTHES, GROUND, plain, shadow
from ebgan_kit.parts.data.synthetic.eyes import paint_brows, paint_eyes
from ebgan_kit.parts.data.synthetic.hair import paint_back_hair, paint_front_hair, paint_hat
from ebgan_kit.parts.data.synthetic.mouth import paint_mouth
from ebgan_kit.parts.data.synthetic.record import Record, Traits
from ebgan_kit.parts.data.synthetic.shapes import ellipse, join
from ebgan_kit.types import PARTS

PIECE = 32
"""How many faces are drawn at a time, so that what is being painted stays in the cache."""


def draw(record: Record, size: int) -> tuple[Tensor, Tensor]:
    """Draw the picture [B, 3, size, size] in [-1, 1] and its part labels [B, size, size], uint8."""
    pieces = {name: values.split(PIECE) for name, values in record.items()}
    count = len(pieces["roll"])
    drawn = [_draw({name: pieces[name][i] for name in pieces}, size) for i in range(count)]
    images, parts = zip(*drawn, strict=True)
    return torch.cat(images), torch.cat(parts)


def _draw(record: Record, size: int) -> tuple[Tensor, Tensor]:
    face = Traits(record)
    canvas = Canvas.blank(face, size)
    for layer in (_paint_ground, paint_back_hair):
        layer(canvas, face)
    for box, layers in (
        (Box(-2.1, 2.1, 1.0, 4.0), (_paint_neck,)),
        (Box(-1.35, 1.35, -0.1, 0.5), (_paint_ears,)),
        (Box(-1.2, 1.2, -1.4, 2.1), (_paint_head,)),
        (Box(-1.2, 1.2, 0.1, 1.05), (_paint_cheeks,)),
        (Box(-0.45, 0.45, -0.15, 0.9), (_paint_nose,)),
        (Box(-0.72, 0.72, 0.65, 1.85), (paint_mouth,)),
        (Box(-1.1, 1.1, -0.62, 0.5), (paint_brows, paint_eyes)),
    ):
        window = canvas.window(box)
        for layer in layers:
            layer(window, face)
        canvas.put(window)
    paint_front_hair(canvas, face)
    paint_some(canvas, face, "Wearing_Hat", paint_hat)
    _paint_light(canvas, face)
    return canvas.image.movedim(0, 1).mul(2).sub_(1).contiguous(), canvas.parts


def _paint_ground(canvas: Canvas, face: Traits) -> None:
    """Paint the wall: a gradient, or two colours with an edge between them."""
    first, second = face.colour(GROUND, "ground_first"), face.colour(GROUND, "ground_second")
    sharp = 0.16 + (face.ground_edge > 0.6) * 4.0
    along = (canvas.x * face.ground_x + canvas.y * face.ground_y) * sharp
    canvas.image.copy_(first.expand_as(canvas.image))
    canvas.paint((along + 0.5).clamp_(0, 1), second)


def _paint_neck(canvas: Canvas, face: Traits) -> None:
    """Paint neck and clothes."""
    skin = face.skin
    a = 0.46 + 0.12 * face.Male
    neck = join(canvas.x.abs() - a, ellipse(canvas.x, canvas.y - 2.55, 1.5, 0.42), 0.3)
    canvas.paint(canvas.cover(torch.maximum(neck, 1 - canvas.y)), shadow(skin, 0.80), "neck")
    shoulders = ellipse(canvas.x, canvas.y - 3.2, 1.75 + 0.25 * face.Male, 1.2)
    collar = ellipse(canvas.x, canvas.y - 1.95, a + 0.14, 0.18 + 0.3 * face.collar)
    cloth = face.colour(CLOTHES, "cloth_tone")
    cover = canvas.cover(torch.maximum(shoulders, -collar))
    canvas.paint(cover, cloth, "cloth")
    canvas.paint(cover * canvas.cover((collar - 0.04).abs_() - 0.02), cloth * 0.75)


def _paint_ears(canvas: Canvas, face: Traits) -> None:
    skin = face.skin
    x = canvas.x.abs() - face.face_width - 0.02
    canvas.paint(
        canvas.cover(ellipse(x, canvas.y - 0.2, 0.15, 0.27)), skin * 0.95, "l_ear", "r_ear"
    )
    canvas.paint(
        canvas.cover(ellipse(x - 0.02, canvas.y - 0.2, 0.08, 0.17), 0.1), shadow(skin, 0.78)
    )


def _head_shape(canvas: Canvas, face: Traits) -> Tensor:
    skull = ellipse(canvas.x, canvas.y + 0.18, face.face_width, 1.12)
    jaw_width = face.jaw_width + 0.1 * face.Male
    jaw = ellipse(canvas.x, canvas.y - face.chin + 0.85, jaw_width, 0.85)
    return join(skull, jaw, 0.45)


def _paint_head(canvas: Canvas, face: Traits) -> None:
    skin, shape = face.skin, _head_shape(canvas, face)
    neck = canvas.parts == PARTS.index("neck")
    canvas.paint(neck * canvas.cover(shape - 0.09, 0.3), shadow(skin, 0.62))
    cover = canvas.cover(shape)
    canvas.paint(cover, skin, "skin")
    edge = (1 + shape / 0.5).clamp_(0, 1)
    canvas.paint(cover * edge * edge * 0.75, shadow(skin, 0.78))


def _paint_cheeks(canvas: Canvas, face: Traits) -> None:
    rose = face.skin * 0.7 + plain(canvas.x, 0.27, 0.06, 0.07)
    x, y = canvas.x.abs() - 0.66, canvas.y - 0.55
    canvas.paint(canvas.cover(ellipse(x, y, 0.25, 0.2), 0.35) * (0.55 * face.blush), rose)


def _paint_nose(canvas: Canvas, face: Traits) -> None:
    """Paint a ball between two wings, under a bridge; light from above."""
    skin, large = face.skin, 1 + 0.5 * face.Big_Nose
    a, x, y = face.nose_width * large, canvas.x, canvas.y - face.nose_tip
    ball = ellipse(x, y, a * 0.75, 0.10 * large)
    wings = ellipse(x.abs() - a * 0.72, y - 0.02, a * 0.42, 0.07 * large)
    half = 0.5 * face.nose_tip
    bridge = torch.maximum(x.abs() - 0.06 - 0.25 * canvas.y * a, (y + half).abs() - half)
    shape = join(join(ball, wings, 0.08), bridge, 0.1)
    canvas.paint(canvas.cover(shape - 0.03, 0.14) * 0.55, shadow(skin, 0.72))
    canvas.paint(canvas.cover(torch.minimum(ball, wings) + 0.01, 0.05), skin * 0.97, "nose")
    bright = skin * 0.6 + 0.4
    canvas.paint(canvas.cover(ellipse(x, y + half, 0.05, half), 0.1) * 0.45, bright)
    canvas.paint(canvas.cover(ellipse(x, y + 0.03, a * 0.35, 0.04 * large), 0.08) * 0.6, bright)
    nostrils = ellipse(x.abs() - a * 0.42, y - 0.065 * large, a * 0.2, 0.026 * large)
    canvas.paint(canvas.cover(nostrils), skin * 0.3)


def _paint_light(canvas: Canvas, face: Traits) -> None:
    """Lay one smooth light over the whole picture."""
    slope = canvas.x * face.light_x + (canvas.y - 0.4) * face.light_y
    slope = (slope * face.light_strength).clamp_(-0.6, 0.3)
    slope *= 0.4 + 0.6 * (canvas.parts > 0)  # the wall stands further away
    warmth = plain(slope, 0.06, 0.0, -0.06)
    canvas.image.mul_((1 + slope) * (1 + warmth * face.light_warmth)).clamp_(0, 1)
