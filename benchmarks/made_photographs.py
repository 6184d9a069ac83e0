"""What the face finder makes of photographs that are hard, made of people who do not exist:

    pip install openpeople
    python -m benchmarks.made_photographs

Each person of the package (MIT) stands in seven: turned by quarters, tilted, small, among others,
with the mouth covered, from the side, and not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from ebgan_kit.errors import UsageError
from ebgan_kit.images.face import Face
from ebgan_kit.images.face_finder import choose_face, find_faces

SIDE = 700
GROUND = (112, 110, 108)

Made = tuple[Image.Image, Callable[[complex], complex] | None]
"""A photograph, and where a point of the portrait lies in it; None if no face should be edited."""


def main() -> None:
    portraits = [_read(path, (SIDE, SIDE)) for path in _files("studio_portrait")]
    sheets = [_read(path) for path in _files("character_sheet")]
    print(f"{'':12}  photographs  edited  eyes off, mean and most  refused: no face, side, other")
    for kind, make in KINDS.items():
        answers: Counter[str] = Counter()
        errors: list[float] = []
        for number, (portrait, sheet) in enumerate(zip(portraits, sheets, strict=True)):
            _try(*make(number, portrait, sheet, portraits), portrait, answers, errors)
        off = f"{sum(errors) / len(errors):.3f} {max(errors):.3f}" if errors else "-"
        refused = " ".join(f"{answers[why]:3}" for why in ("none", "side", "other"))
        print(f"{kind:12}  {len(portraits):11}  {answers['edited']:6}  {off:24}  {refused}")


def _try(
    photograph: Image.Image,
    place: Callable[[complex], complex] | None,
    portrait: Image.Image,
    answers: Counter[str],
    errors: list[float],
) -> None:
    try:
        face = choose_face(photograph)
    except UsageError as problem:
        why = {"no face": "none", "the face is seen from": "side"}
        answers[
            next((w for start, w in why.items() if str(problem).startswith(start)), "other")
        ] += 1
        return
    answers["edited"] += 1
    if place is not None:
        errors.append(_off(face, choose_face(portrait), place))


def _off(face: Face, known: Face, place: Callable[[complex], complex]) -> float:
    left, right = (place(eye) for eye in known.landmarks[:2])
    off = [abs(face.landmarks[0] - left), abs(face.landmarks[1] - right)]
    return max(off) / abs(right - left)


def turned(number: int, portrait: Image.Image, *others: object) -> Made:
    quarters = number % 3 + 1
    back = {1: lambda p: -1j * p + SIDE * 1j, 2: lambda p: SIDE * (1 + 1j) - p,
            3: lambda p: 1j * p + SIDE}  # fmt: skip
    return portrait.rotate(90 * quarters, expand=True), back[quarters]


def tilted(number: int, portrait: Image.Image, *others: object) -> Made:
    degrees = (-40, -25, 25, 40)[number % 4]
    middle, turn = complex(SIDE, SIDE) / 2, complex(0, 1) ** (-degrees / 90)
    image = portrait.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GROUND)
    return image, lambda p: (p - middle) * turn + middle


def small(number: int, portrait: Image.Image, *others: object) -> Made:
    wall, side = Image.new("RGB", (4000, 3000), GROUND), 260
    left, top = 300 * number, 200 * number
    wall.paste(portrait.resize((side, side)), (left, top))
    return wall, lambda p: p * side / SIDE + complex(left, top)


def several(
    number: int, portrait: Image.Image, sheet: object, everybody: list[Image.Image]
) -> Made:
    wall = Image.new("RGB", (2 * SIDE, SIDE), GROUND)
    wall.paste(portrait, (SIDE, 0))
    for at in range(3):
        side = 200 - 20 * at
        other = everybody[(number + at + 1) % len(everybody)]
        wall.paste(other.resize((side, side)), (210 * at, 300))
    assert len(find_faces(wall)) == 4
    return wall, lambda p: p + SIDE


def covered(number: int, portrait: Image.Image, *others: object) -> Made:
    image, face = portrait.copy(), choose_face(portrait)
    left, _, right, bottom = face.box
    ImageDraw.Draw(image).rectangle(
        (left - 10, face.nose.imag + 25, right + 10, bottom + 10), "white"
    )
    return image, lambda p: p


def from_the_side(number: int, portrait: Image.Image, sheet: Image.Image, *others: object) -> Made:
    width, height = sheet.size
    left, right = ((0.275, 0.475), (0.772, 0.97))[number % 2]
    box = (left * width, 0.08 * height, right * width, 0.36 * height)
    return sheet.crop(tuple(round(edge) for edge in box)), None


def nobody(number: int, portrait: Image.Image, *others: object) -> Made:
    """Their shirts, blurred, and noise."""
    if number % 2:
        return Image.effect_noise((900, 700), 20 + 10 * number).convert("RGB"), None
    shirt = portrait.crop((0, round(0.86 * SIDE), SIDE, SIDE)).resize((900, 700))
    return shirt.filter(ImageFilter.GaussianBlur(number)), None


KINDS = {
    "turned": turned, "tilted": tilted, "small": small, "several": several, "covered": covered,
    "from the side": from_the_side, "nobody": nobody,
}  # fmt: skip


def _files(name: str) -> list[Path]:
    package = find_spec("openpeople")
    if package is None or package.origin is None:
        raise SystemExit("the people are not installed: pip install openpeople")
    return sorted(Path(package.origin).parent.glob(f"data/*/*/assets/{name}.jpg"))


def _read(path: Path, size: tuple[int, int] | None = None) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB") if size is None else image.convert("RGB").resize(size)


if __name__ == "__main__":
    main()
