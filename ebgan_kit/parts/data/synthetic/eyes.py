"""Eyes with lids, lashes and iris, the brows over them, and glasses."""

from __future__ import annotations

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.canvas import Canvas
from ebgan_kit.parts.data.synthetic.colours import FRAMES, HAIR, IRIS, plain, shadow
from ebgan_kit.parts.data.synthetic.record import Traits
from ebgan_kit.parts.data.synthetic.shapes import box, ellipse, lens


def paint_brows(canvas: Canvas, face: Traits) -> None:
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


def paint_eyes(canvas: Canvas, face: Traits) -> None:
    skin = face.skin
    x, y = canvas.x.abs() - 0.5, canvas.y
    a = face.eye_width
    tall = face.eye_height * (1 - 0.55 * face.Narrow_Eyes)
    y = y + face.eye_tilt * x
    lid = lens(x, y + 0.015, a * 1.12, tall * 1.2 + 0.06, tall)
    canvas.paint(canvas.cover(lid, 0.08) * 0.7, shadow(skin, 0.74))
    shape = lens(x, y, a, tall, tall * 0.85)
    cover = canvas.cover(shape)
    canvas.paint(cover, plain(canvas.x, 0.96, 0.96, 0.96), "l_eye", "r_eye")
    _paint_iris(canvas, face, cover, y)
    upper = (y + tall * (1 - (x / a) * (x / a))).abs() - 0.018 - 0.025 * face.lashes * (x / a + 1)
    ends = (x - 0.03 * face.lashes).abs() - a * 1.06
    canvas.paint(canvas.cover(torch.maximum(upper, ends)), skin * 0.12)
    _paint_glasses(canvas, face)


def _paint_iris(canvas: Canvas, face: Traits, eye: Tensor, y: Tensor) -> None:
    """Paint iris, pupil and highlight, inside the eye's opening; both eyes look the same way."""
    x = torch.where(canvas.x < 0, canvas.x + 0.5, canvas.x - 0.5) - face.gaze
    iris, radius = face.colour(IRIS, "iris_tone"), face.iris_size
    distance = (x * x + y * y).sqrt()
    canvas.paint(eye * canvas.cover(distance - radius), iris * 0.55)
    canvas.paint(eye * canvas.cover(distance - radius * 0.8, 0.05), iris)
    canvas.paint(eye * canvas.cover(distance - radius * 0.45), iris * 0.1)
    glint = ellipse(x + radius * 0.3, y + radius * 0.38, radius * 0.28, radius * 0.28)
    canvas.paint(eye * canvas.cover(glint), plain(canvas.x, 1.0, 1.0, 1.0))


def _paint_glasses(canvas: Canvas, face: Traits) -> None:
    x, y = canvas.x.abs(), canvas.y - 0.02
    a, b = face.frame_width, face.frame_width * (0.72 + 0.22 * face.frame_round)
    rim = box(x - 0.5, y, a, b, b * (0.35 + 0.6 * face.frame_round))
    arm = torch.maximum((y + 0.06).abs() - 0.025, (x - 0.78).abs() - 0.27)
    bridge = torch.maximum((y + 0.06 - 0.4 * x * x).abs() - 0.025, x + a - 0.52)
    frame = rim.abs() - face.frame_thick
    outside = torch.maximum(torch.minimum(arm, bridge), -rim)
    canvas.paint(canvas.cover(rim) * (0.16 * face.Eyeglasses), plain(canvas.x, 0.95, 0.95, 0.95))
    cover = canvas.cover(torch.minimum(frame, outside)) * face.Eyeglasses
    canvas.paint(cover, face.colour(FRAMES, "frame_tone"), "eye_g")
