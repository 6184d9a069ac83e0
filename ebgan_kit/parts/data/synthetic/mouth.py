"""The mouth with its teeth, and the moustache and goatee around it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.canvas import Canvas
from ebgan_kit.parts.data.synthetic.colours import HAIR, LIPS, LIPSTICK, plain, shadow
from ebgan_kit.parts.data.synthetic.record import Traits
from ebgan_kit.parts.data.synthetic.shapes import box, ellipse, lens


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


def paint_mouth(canvas: Canvas, face: Traits) -> None:
    mouth = MouthShape.of(face)
    across = canvas.x / mouth.width
    y = canvas.y - face.mouth_height - 0.4 * mouth.smile + mouth.smile * across * across
    _paint_goatee(canvas, face, mouth)
    _paint_lips(canvas, face, mouth, y)
    _paint_cavity(canvas, face, mouth, y)
    _paint_moustache(canvas, face)


def _paint_lips(canvas: Canvas, face: Traits, mouth: MouthShape, y: Tensor) -> None:
    natural = face.skin * 0.35 + face.colour(LIPS, "lip_tone") * 0.60
    lips = torch.where(face.Wearing_Lipstick > 0.5, face.colour(LIPSTICK, "lipstick_tone"), natural)
    x, a = canvas.x, mouth.width
    below = canvas.cover(ellipse(x, y - mouth.below - mouth.lower - 0.03, a * 0.5, 0.04), 0.1)
    canvas.paint(below * 0.5, shadow(face.skin, 0.7))
    bow = 1 - 0.22 * (1 - (x / a).abs() * 3.2).clamp_(min=0)
    upper = lens(x, y, a, (mouth.above + mouth.upper) * bow, 0.0)
    lower = lens(x, y, a, 0.0, mouth.below + mouth.lower)
    canvas.paint(canvas.cover(lower), lips, "l_lip")
    canvas.paint(canvas.cover(upper - 0.004), lips * 0.80, "u_lip")
    glow = ellipse(x, y - mouth.below - 0.5 * mouth.lower, a * 0.38, mouth.lower * 0.28)
    canvas.paint(canvas.cover(glow, 0.06) * (0.25 + 0.3 * face.Wearing_Lipstick), lips * 0.5 + 0.5)


def _paint_cavity(canvas: Canvas, face: Traits, mouth: MouthShape, y: Tensor) -> None:
    """Paint the gap between the lips: dark where they meet, else with teeth and a tongue."""
    x, a = canvas.x, mouth.width * 0.97
    cover = canvas.cover(lens(x, y, a, mouth.above, mouth.below))
    dark = plain(x, 0.28, 0.05, 0.07)
    canvas.paint(cover, dark, "mouth")
    inside = cover * face.Mouth_Slightly_Open
    tongue = ellipse(x, y - mouth.below - 0.02, a * 0.55, 0.09)
    canvas.paint(inside * canvas.cover(tongue), plain(x, 0.60, 0.26, 0.28))
    across = x / a
    edge = y + mouth.above * (1 - across * across) - face.teeth * (mouth.above + mouth.below)
    teeth = inside * canvas.cover(torch.maximum(edge, across.abs() - 0.86))
    canvas.paint(teeth, plain(x, 0.97, 0.97, 0.97))
    gaps = (canvas.stripes(x, 7.5) * 12 - 11).clamp_(0, 1)
    canvas.paint(teeth * gaps * 0.25, dark)


def _paint_moustache(canvas: Canvas, face: Traits) -> None:
    """Paint two wings from under the nose; their ends hang or curl."""
    a = face.moustache_width
    across = canvas.x.abs() / a
    y = canvas.y - face.mouth_height + 0.24 - face.moustache_droop * across * across
    thick = face.moustache_thick * (0.72 + across.clamp(max=0.5))
    shape = lens(canvas.x, y, a, thick, thick)
    parted = 0.03 * face.moustache_parted - canvas.x.abs()
    cover = canvas.cover(torch.maximum(shape, parted)) * face.Mustache
    _paint_bristles(canvas, face, cover, canvas.stripes(canvas.x.abs() * 0.8 - y, 13))


def _paint_goatee(canvas: Canvas, face: Traits, mouth: MouthShape) -> None:
    """Paint hair on the chin: round or pointed, with or without a tuft under the lower lip."""
    top = face.mouth_height + 0.4 * mouth.smile + mouth.below + mouth.lower
    bottom = face.mouth_height + 0.63
    top = torch.minimum(top + 0.05, bottom - 0.22)
    half = (bottom - top) / 2
    y = canvas.y - (bottom + top) / 2
    a = face.goatee_width * (1 - face.goatee_pointed * (y / half).clamp(-1, 1))
    shape = box(canvas.x, y, a, half, 0.8 * torch.minimum(half, a))
    cover = canvas.cover(shape) * face.Goatee
    _paint_bristles(canvas, face, cover, canvas.stripes(canvas.x + 0.35 * y * canvas.x, 15))


def _paint_bristles(canvas: Canvas, face: Traits, cover: Tensor, strokes: Tensor) -> None:
    colour = face.colour(HAIR, "beard_tone") * 0.9
    canvas.paint(cover, colour)
    canvas.paint(cover * strokes * 0.45, colour * 0.45)
