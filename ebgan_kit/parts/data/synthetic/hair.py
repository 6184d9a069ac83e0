"""Hair behind and before the head, and the hat."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.canvas import Canvas
from ebgan_kit.parts.data.synthetic.colours import CLOTHES, HAIR, palette
from ebgan_kit.parts.data.synthetic.record import Traits, hair_tone
from ebgan_kit.parts.data.synthetic.shapes import box, ellipse


def paint_back_hair(canvas: Canvas, face: Traits) -> None:
    colour = palette(HAIR, hair_tone(face.record)) * 0.62
    cap = torch.maximum(_hair_cap(canvas, face), canvas.y - 0.6)
    shape = torch.where(_is_long(face), torch.minimum(cap, _long_hair(canvas, face)), cap)
    canvas.paint(canvas.cover(shape) * ~_bald(face), colour, "hair")


def paint_front_hair(canvas: Canvas, face: Traits) -> None:
    """Paint hair over the forehead; long hair falls beside the cheeks too."""
    cap, beside = _hair_cap(canvas, face), face.face_width - canvas.x.abs()
    shape = torch.maximum(cap, (canvas.y - _hairline(canvas, face)) * 0.8)
    locks = torch.maximum(beside - 0.07 * face.face_width, -0.1 - canvas.y)
    locks = torch.maximum(locks, _long_hair(canvas, face))
    shape = torch.where(_is_long(face), torch.minimum(shape, locks), shape)
    fringe = torch.maximum(beside - 0.03, (canvas.y + 0.2).abs() - 0.4)
    fringe = torch.maximum(fringe, cap + 0.6 * face.hair_volume)
    _paint_strands(canvas, face, canvas.cover(torch.where(_bald(face), fringe, shape)))


def _hairline(canvas: Canvas, face: Traits) -> Tensor:
    """How far down the forehead the hair reaches: highest at the parting, or level with bangs."""
    part = face.hair_part * (1 - face.Bangs)
    fall = (canvas.x - part) / (1.1 + part.abs())
    fall = fall * fall
    height = torch.where(face.Bangs > 0.5, -0.6, face.hairline)
    strands = canvas.stripes(canvas.x + face.hair_part, 3.3) * (0.1 * face.Bangs)
    return height + strands + (0.15 - height) * fall * (1 - face.Bangs + face.Bangs * fall)


def _paint_strands(canvas: Canvas, face: Traits, cover: Tensor) -> None:
    """Paint strands that spread from the crown, and a gleam on the side of the light."""
    colour = palette(HAIR, hair_tone(face.record))
    canvas.paint(cover, colour, "hair")
    x = canvas.x - face.hair_part
    rays = x / (canvas.y.clamp(max=0.3) + 2.6) + _curly(face) * 0.06 * canvas.stripes(canvas.y, 1.7)
    strands = canvas.stripes(2.6 * rays, 6.5) * canvas.stripes(2.6 * rays, 15.8)
    canvas.paint(cover * strands * 0.6, colour * 0.5)
    gleam = ellipse(canvas.x - 0.35 * face.light_x.sign(), canvas.y + 1.05, 0.5, 0.12)
    canvas.paint(cover * canvas.cover(gleam, 0.3) * 0.3, colour * 0.5 + 0.5)


def paint_hat(canvas: Canvas, face: Traits) -> None:
    """Paint a dome and a band: a cap with no brim, or a hat with one."""
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
