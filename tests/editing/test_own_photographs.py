"""Photographs as people have them: large, turned, of any kind; found, edited, and put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.command import Answer
from fixtures.models import Witness
from fixtures.photographs import box, changed, photograph
from PIL import ExifTags, Image
from torch import Tensor

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.images.crop import Eyes, Frame
from ebgan_kit.images.levels import from_bytes, pixels, to_bytes
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.types import Faces

Command = Callable[..., Answer]


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def picture(image: Tensor) -> Image.Image:
    return Image.fromarray(to_bytes(image).permute(1, 2, 0).contiguous().numpy())


def tensor(image: Image.Image) -> Tensor:
    return from_bytes(pixels(image).permute(2, 0, 1)[None])


def decibels(one: Tensor, other: Tensor) -> float:
    """[-1, 1]; the peak is 2."""
    return (10 * torch.log10(4 / (one - other).square().mean())).item()


SIZE = (900, 700)


def hung(face: Image.Image, degrees: float, side: int = 300) -> tuple[Image.Image, Image.Image]:
    """A face on a wall of another picture, larger and turned, and which pixels show it."""
    wall = photograph(90, 70).resize(SIZE)
    shown = Image.new("L", face.size, 255)
    place = ((SIZE[0] - side) // 2 + 80, (SIZE[1] - side) // 2 - 30)
    large, where = (
        image.resize((side, side), Image.Resampling.BICUBIC).rotate(
            degrees, Image.Resampling.BICUBIC
        )
        for image in (face, shown)
    )
    wall.paste(large, place, where)
    mask = Image.new("L", SIZE)
    mask.paste(where, place)
    return wall, mask


def eyes_of(editor: Editor, degrees: float, side: int = 300) -> Eyes:
    """Where `hung` puts the eyes of a face that is as the model expects it."""
    turn = torch.polar(torch.tensor(1.0), torch.tensor(-degrees).deg2rad())
    points = torch.view_as_complex((editor.template[:2] - 0.5) * side) * turn
    centre = torch.tensor([SIZE[0] / 2 + 80, SIZE[1] / 2 - 30])
    return tuple((torch.view_as_real(points) + centre).flatten().tolist())  # type: ignore[return-value]


@pytest.mark.parametrize("degrees", [0, 15, -40])
def test_the_model_sees_the_face_where_the_eyes_are(
    editor: Editor, faces: Faces, degrees: float
) -> None:
    wall, _ = hung(picture(faces.image[0]), degrees)
    frame = Frame.about(eyes_of(editor, degrees), editor.template, *SIZE)
    left, top, right, bottom = frame.box
    seen = frame.seen(tensor(wall)[..., top:bottom, left:right], 64)
    inner = (..., slice(10, 54), slice(10, 54))  # the corners are turned out of the picture
    assert decibels(seen[inner], faces.image[:1][inner]) > 28


@pytest.mark.parametrize("degrees", [15, -40])
def test_what_is_put_back_lies_where_it_was_seen(editor: Editor, degrees: float) -> None:
    smooth = photograph(9, 7).resize(SIZE, Image.Resampling.BICUBIC)
    frame = Frame.about(eyes_of(editor, degrees), editor.template, *SIZE)
    left, top, right, bottom = frame.box
    part = tensor(smooth)[..., top:bottom, left:right]
    back = frame.put_back(frame.seen(part, 256), frame.box)
    inside = frame.covers().expand_as(part) > 0.5
    assert decibels(back[inside], part[inside]) > 40


def test_a_turned_face_is_edited_like_an_upright_one(editor: Editor, faces: Faces) -> None:
    source, exemplar = picture(faces.image[0]), picture(faces.image[1])
    wall, _ = hung(source, 25)
    eyes = eyes_of(editor, 25)
    edited = editor.edit(wall, exemplar, "mouth", eyes=eyes, feather=0)
    expected, _ = hung(editor.edit(source, exemplar, "mouth"), 25)
    difference = changed(wall, edited)
    assert difference.any()
    places = difference[None, None].expand(1, 3, -1, -1)
    assert decibels(tensor(edited)[places], tensor(expected)[places]) > 25
    mirrored = (*eyes[2:], *eyes[:2])
    again = editor.edit(wall, exemplar, "mouth", eyes=mirrored, feather=0)
    assert again.tobytes() == edited.tobytes()


def test_the_exemplars_eyes(editor: Editor, faces: Faces) -> None:
    source, exemplar = picture(faces.image[0]), picture(faces.image[1])
    wall, _ = hung(exemplar, -20)
    expected = tensor(editor.edit(source, exemplar, "mouth"))
    found = editor.edit(source, wall, "mouth", exemplar_eyes=eyes_of(editor, -20))
    missed = editor.edit(source, wall, "mouth")
    assert decibels(tensor(found), expected) > decibels(tensor(missed), expected) + 6


@pytest.mark.parametrize(
    ("eyes", "words"),
    [
        ((10, 10, 10, 10), "the two eyes are one point"),
        ((10, 10, 900, 10), "the eye 900,10 is outside the photograph of 70x90 pixels"),
        ((-5, 10, 20, 10), "the eye -5,10 is outside the photograph"),
        ((float("nan"), 10, 20, 10), "the eye nan,10 is outside the photograph"),
        ((20, 90, 50, 90), "the region mouth lies beyond the photograph"),
    ],
)
def test_eyes_that_are_none(editor: Editor, eyes: Any, words: str) -> None:
    source = photograph(70, 90)
    with pytest.raises(UsageError, match=words):
        editor.edit(source, source, "mouth", eyes=eyes)
    with pytest.raises(UsageError, match=words):
        editor.check(Request(source, [Change(source, "mouth")], eyes))


# Files as cameras and programs write them


def test_a_photograph_of_twelve_megapixels_that_lies_on_its_side(
    command: Command, model_file: Path, tmp_path: Path
) -> None:
    """Back comes all of it, upright; outside the region nothing has changed."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photograph(400, 300).resize((4000, 3000)).save(tmp_path / "me.jpg", exif=exif, quality=90)
    photograph(64, 64, seed=1).save(tmp_path / "friend.png")
    words = ["--source", "me.jpg", "--exemplar", "friend.png", "--region", "mouth", "-o", "out.png"]
    answer = command("edit", model_file, *words, "--eyes", "1200,1500,1700,1450", "--feather", 12)
    assert answer.out == "wrote out.png\n", answer.err
    source, edited = upright_rgb(Image.open("me.jpg")), Image.open("out.png")
    assert edited.size == (3000, 4000)
    difference = changed(source, edited)
    rows, columns = (difference.any(d).nonzero().flatten() for d in (1, 0))
    assert 1700 < rows.min() < rows.max() < 2700
    assert 800 < columns.min() < columns.max() < 2200


KINDS: dict[str, Callable[[Path], None]] = {
    "grey.png": lambda path: photograph(70, 90, "L").save(path),
    "grey16.png": lambda path: Image.fromarray(
        torch.arange(70 * 90).mul(10).view(90, 70).to(torch.uint16).numpy()
    ).save(path),
    "alpha.png": lambda path: photograph(70, 90, "RGBA").save(path),
    "alpha-grey.png": lambda path: photograph(70, 90, "LA").save(path),
    "palette.gif": lambda path: photograph(70, 90).convert("P").save(path),
    "print.jpg": lambda path: photograph(70, 90, "CMYK").save(path),
    "print.tif": lambda path: photograph(70, 90, "CMYK").save(path),
    "web.webp": lambda path: photograph(70, 90).save(path),
    "bits.bmp": lambda path: photograph(70, 90).convert("1").save(path),
}


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_file(command: Command, model_file: Path, tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    words = ["--source", name, "--exemplar", name, "--region", "nose", "-o", "out.png"]
    assert command("edit", model_file, *words, "--eyes", "20,40,50,42").status == 0
    source, edited = upright_rgb(Image.open(name)), Image.open("out.png")
    assert edited.mode == "RGB"
    difference = changed(source, edited)
    assert difference.any()
    assert not difference[:30].any()


def test_a_photographs_colour_space_comes_along(editor: Editor, tmp_path: Path) -> None:
    """Else the same numbers would be shown as other colours; one for inks means nothing in RGB."""
    for mode, kept in (("RGB", b"a profile"), ("CMYK", None)):
        photograph(70, 90, mode).save(tmp_path / "p.jpg", icc_profile=b"a profile")
        editor.edit(Image.open(tmp_path / "p.jpg"), photograph(64, 64)).save(tmp_path / "out.png")
        assert Image.open(tmp_path / "out.png").info.get("icc_profile") == kept


# Soft edges and colours


class Painter(Witness):
    """Paints all of the face one grey."""


@pytest.fixture
def painter(editor: Editor) -> Editor:
    return replace(editor, model=Painter(), precision="float32")


def test_a_soft_edge_fades_inwards(painter: Editor) -> None:
    source = Image.new("RGB", (64, 64), (200, 200, 200))
    mask = box(64, 64, 12, 12, 52, 52)
    hard, soft = (painter.edit(source, source, mask, feather=width) for width in (0, 8))
    row = pixels(soft)[32, :, 0].int()
    assert not changed(source, soft)[pixels(mask) < 128].any()
    assert (row[12:21].diff() < 0).all()
    assert row[12] > 190
    assert torch.equal(row[20:44], pixels(hard)[32, 20:44, 0].int())
    assert torch.equal(row, row.flip(0))


def test_the_edge_of_the_picture_is_no_edge_of_the_region(painter: Editor) -> None:
    source = Image.new("RGB", (64, 80), (200, 200, 200))
    soft = pixels(painter.edit(source, source, "whole", feather=8))[..., 0].int()
    assert (soft[30:50] == 128).all()
    assert (soft[8:16].diff(dim=0) < 0).all()


@pytest.mark.parametrize("feather", [0, 3])
def test_matched_colours_meet_the_source(painter: Editor, feather: int) -> None:
    """What is off around the region is taken off inside."""
    source = Image.new("RGB", (90, 80), (200, 120, 40))
    mask = box(90, 80, 20, 20, 60, 60)
    plain, matched = (
        painter.edit(source, source, mask, feather=feather, match_colours=match)
        for match in (False, True)
    )
    assert changed(source, plain).any()
    assert (pixels(matched).int() - pixels(source).int()).abs().max() <= 1


def test_matched_colours_change_nothing_outside(editor: Editor) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    mask = box(90, 80, 20, 20, 60, 60)
    edited = editor.edit(source, exemplar, mask, "mouth", match_colours=True, feather=5)
    difference = changed(source, edited)
    assert not difference[pixels(mask) < 128].any()
    assert edited.tobytes() != editor.edit(source, exemplar, mask, "mouth", feather=5).tobytes()


# Several exemplars


def test_changes_are_made_one_after_the_other(editor: Editor) -> None:
    source, first, second = (photograph(90, 80, seed=seed) for seed in range(3))
    both = editor.edit(source, [Change(first, "mouth"), Change(second, ["eyes", "brows"])])
    once = editor.edit(source, first, "mouth")
    assert both.tobytes() == editor.edit(once, second, ["eyes", "brows"]).tobytes()
    assert not torch.equal(changed(source, both), changed(source, once))


def test_each_change_has_switches_of_its_own(att_file: Path) -> None:
    editor = load(att_file, "cpu")
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    on, off = (
        editor.edit(
            source,
            [Change(exemplar, "nose"), Change(exemplar, "mouth", attributes={"Mustache": switch})],
        )
        for switch in (True, False)
    )
    assert on.tobytes() != off.tobytes()
    nose = changed(source, editor.edit(source, exemplar, "nose"))
    mouth = changed(source, editor.edit(source, exemplar, "mouth"))
    assert not changed(on, off)[nose & ~mouth].any()


def test_a_list_of_changes_says_all(editor: Editor) -> None:
    source = photograph(64, 64)
    with pytest.raises(UsageError, match="each says its own mask"):
        editor.edit(source, [Change(source)], "mouth")


def test_a_thin_stroke_is_filled(editor: Editor) -> None:
    """In the model's frame it is less than half a pixel wide."""
    source, exemplar = photograph(640, 640), photograph(64, 64, seed=1)
    mask = box(640, 640, 200, 300, 400, 303)
    difference = changed(source, editor.edit(source, exemplar, mask, "mouth"))
    assert difference[300:303, 200:400].float().mean() > 0.9
