"""Portraits: a table's people, landmarks and attributes; faces aligned; all that may be wrong."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from math import dist
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.crowds import crowd
from fixtures.faces import cut_off, write_lines
from fixtures.portraits import portrait
from PIL import ExifTags, Image, ImageDraw

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.evaluate import evaluate
from ebgan_kit.images import yunet
from ebgan_kit.parts.data.celeba import aligned_template
from ebgan_kit.parts.data.portraits.frame import eye_places
from ebgan_kit.parts.data.portraits.portraits import Portraits
from ebgan_kit.parts.masks.region import area
from ebgan_kit.training.trainer import train

ALL = ("train", "valid", "test")


def opened(root: Path, **keys: Any) -> Portraits:
    return Portraits(root=root, **{"size": 64, "partitions": ALL} | keys)


def complaint(root: Path, **keys: Any) -> str:
    with pytest.raises(UsageError) as caught:
        opened(root, **keys)
    return str(caught.value)


def change(root: Path, old: str, new: str) -> None:
    """Write a text of the table otherwise, each time that it is there."""
    table = root / "portraits.csv"
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new))


def rewrite(root: Path, column: str, cell: Callable[[str], str]) -> None:
    """Write a column's cells otherwise."""
    head, *rows = (line.split(",") for line in (root / "portraits.csv").read_text().splitlines())
    place = head.index(column)
    for row in rows:
        row[place] = cell(row[place])
    write_lines(root / "portraits.csv", *(",".join(row) for row in (head, *rows)))


# What a table gives


def test_photographs_that_are_too_small_are_left_out(portraits: Path) -> None:
    rows = csv.DictReader((portraits / "portraits.csv").read_text().splitlines())
    apart = sorted(
        dist(
            *(
                (float(row[f"{side}_eye_x"]), float(row[f"{side}_eye_y"]))
                for side in ("left", "right")
            )
        )
        for row in rows
    )
    assert len(opened(portraits, min_eye_distance=apart[4] + 0.01)) == len(apart) - 5
    said = complaint(portraits, min_eye_distance=500)
    assert "no photograph has eyes 500 pixels apart" in said
    assert "data.min_eye_distance" in said


def test_a_partition_without_people_is_not_said_to_be_of_small_photographs(
    portraits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ebgan_kit.parts.data.portraits.portraits.partition_of", lambda _: "train")
    said = complaint(portraits, min_eye_distance=1, partitions=("test",))
    assert "holds no face to use for data.partitions=test" in said


def test_a_batch_has_all_that_the_table_knows(portraits: Path) -> None:
    data = opened(portraits)
    faces = data.__getitems__([3, 0])
    assert len(data) == 12
    assert data.attributes == ("Glasses", "Neutral", "Smiling")
    assert faces.attributes is not None
    assert faces.attributes.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert faces.image.shape == (2, 3, 64, 64)
    assert faces.index is not None
    assert faces.index.tolist() == [3, 0]


def test_a_person_is_on_one_side_and_known_again(portraits: Path, tmp_path: Path) -> None:
    whole = opened(portraits).__getitems__(range(12)).identity
    assert whole is not None
    assert len(whole.unique()) == 6
    assert whole.view(6, 2)[:, 0].equal(whole.view(6, 2)[:, 1])
    apart = [opened(portraits, partitions=(part,)) for part in ALL]
    assert [len(data) for data in apart] == [8, 2, 2]
    found = [data.__getitems__(range(len(data))).identity for data in apart]
    assert torch.cat([each for each in found if each is not None]).equal(whole)
    change(portraits, "10.png", "away.png")  # another row less: the others keep their numbers
    rest = opened(portraits, skip_broken=True).__getitems__(range(10)).identity
    assert rest is not None
    assert rest.equal(whole[:10])


def test_without_people_each_photograph_is_its_own(portraits: Path) -> None:
    change(portraits, "person", "studio_person")
    data = opened(portraits)
    assert data.__getitems__([0]).identity is None
    assert 2 < len(opened(portraits, partitions=("train",))) < 12


def test_columns_that_are_no_attributes_are_passed_over(portraits: Path) -> None:
    change(portraits, "source", "age")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert opened(portraits).attributes == ("Glasses", "Neutral", "Smiling")


def test_many_expressions_are_notes(portraits: Path) -> None:
    words = iter("abcdefghijkl")
    rewrite(portraits, "expression", lambda cell: next(words))
    assert opened(portraits).attributes == ("Glasses",)


@pytest.mark.parametrize("spelled", ["images/{}", "{}", "/home/eve/images/{}"])
@pytest.mark.parametrize("folder", ["images", "."])
def test_photographs_lie_in_the_folder_or_in_images(
    portraits: Path, folder: str, spelled: str
) -> None:
    rewrite(portraits, "file", spelled.format)
    for path in list((portraits / "images").iterdir()):
        path.rename(portraits / folder / path.name)
    assert len(opened(portraits)) == 12


def test_a_table_elsewhere(portraits: Path, tmp_path: Path) -> None:
    table = (portraits / "portraits.csv").rename(tmp_path / "mine.csv")
    assert len(opened(portraits, table=table)) == 12


# Alignment


@pytest.mark.parametrize("apart", [0.15, 0.206, 0.28, 0.33])
def test_eyes_lie_where_the_frame_has_them(portraits: Path, apart: float) -> None:
    data = opened(portraits, eyes=apart)
    eyes = data.template[:2]
    assert (eyes[1] - eyes[0]).tolist() == pytest.approx([apart, 0], abs=1e-6)
    assert eyes.mean(0)[0] == pytest.approx(0.5)
    landmarks = data.__getitems__(range(12)).landmarks
    assert landmarks is not None
    assert torch.allclose(landmarks[:, :2], (eyes * 64).expand(12, 2, 2), atol=1e-3)
    assert torch.allclose(landmarks.mean(0) / 64, data.template, atol=1e-4)


def test_the_frame_is_that_of_celeba() -> None:
    """At its width, but for the tilt of its mean face."""
    assert torch.allclose(eye_places(0.206), aligned_template()[:2], atol=0.006)


@pytest.mark.parametrize(("region", "apart"), [("face", 0.29), ("mouth", 0.33), ("brows", 0.33)])
def test_regions_are_whole_in_a_close_frame(portraits: Path, region: str, apart: float) -> None:
    filled = area(opened(portraits, eyes=apart, size=256).__getitems__([0]), [region])
    assert not torch.cat([filled[..., 0, :], filled[..., -1, :]]).any()
    assert not torch.cat([filled[..., 0], filled[..., -1]]).any()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pixels_go_where_landmarks_go(portraits: Path, turn: int) -> None:
    """A red spot at a landmark is found at that landmark of the aligned face, however it lies."""
    image, landmarks = portrait(0)
    x, y = landmarks[2].real, landmarks[2].imag
    ImageDraw.Draw(image).ellipse((x - 4, y - 4, x + 4, y + 4), "red")
    name = "images/00.png"
    image.rotate(turn, expand=True).save(portraits / name)
    back = {
        0: lambda p: p,
        90: lambda p: complex(p.imag, image.width - p.real),
        180: lambda p: complex(image.width, image.height) - p,
        270: lambda p: complex(image.height - p.imag, p.real),
    }[turn]
    _place(portraits, [back(point) for point in landmarks])
    faces = opened(portraits, size=128, eyes=0.28).__getitems__([0])
    assert faces.landmarks is not None
    red = faces.image[0, 0] - faces.image[0, 1:].amax(0)
    y, x = (red > 1).nonzero().float().mean(0).tolist()
    assert faces.landmarks[0, 2].tolist() == pytest.approx([x + 0.5, y + 0.5], abs=1)


def test_left_may_be_the_persons_own(portraits: Path) -> None:
    _, (left, right, nose, mouth, other) = portrait(0)
    _place(portraits, [left, right, nose, mouth, other])
    faces = opened(portraits).__getitems__([0])
    _place(portraits, [right, left, nose, other, mouth])
    swapped = opened(portraits).__getitems__([0])
    assert faces.landmarks is not None
    assert swapped.landmarks is not None
    assert swapped.image.equal(faces.image)
    assert swapped.landmarks.equal(faces.landmarks)


def _place(root: Path, landmarks: list[complex]) -> None:
    """Give the first photograph other landmarks."""
    lines = (root / "portraits.csv").read_text().splitlines()
    cells = [f"{n:.2f}" for point in landmarks for n in (point.real, point.imag)]
    lines[1] = ",".join([*lines[1].split(",")[:7], *cells])
    write_lines(root / "portraits.csv", *lines)


def test_a_large_jpeg_is_aligned_as_exactly(portraits: Path) -> None:
    """It is decoded at a part of its size."""
    small = opened(portraits, size=32).__getitems__([0])
    image, landmarks = portrait(0)
    large = image.resize((image.width * 8, image.height * 8), Image.Resampling.BICUBIC)
    (portraits / "images/00.png").unlink()
    large.save(portraits / "images/00.jpg", quality=95)
    change(portraits, "00.png", "00.jpg")
    _place(portraits, [8 * point for point in landmarks])
    found = opened(portraits, size=32).__getitems__([0])
    assert (found.image - small.image).abs().mean() < 0.05
    assert found.landmarks is not None
    assert small.landmarks is not None
    assert torch.allclose(found.landmarks, small.landmarks, atol=0.2)


# What is wrong


def test_all_that_is_broken_is_told_at_once(portraits: Path) -> None:
    cut_off(portraits / "images/02.png")
    change(portraits, "03.png", "away.png")
    lines = (portraits / "portraits.csv").read_text().splitlines()
    for number, column, cell in ((1, 7, "900"), (2, 7, "x"), (6, 7, ""), (7, 4, "2")):
        cells = lines[number].split(",")
        cells[column] = cell
        lines[number] = ",".join(cells)
    lines[5] = ",".join([*lines[5].split(",")[:7], *["30", "40"] * 2, *["30", "70"] * 3])
    lines[6] = ",".join([*lines[6].split(",")[:7], *[""] * 10])
    write_lines(portraits / "portraits.csv", *lines)
    said = complaint(portraits)
    for sentence in (
        "portraits.csv:2: the landmark 900,",
        "is outside the photograph of 180x160 pixels",
        "portraits.csv:3: landmarks are numbers of pixels, not 'x ",
        "images/02.png: does not decode",
        "portraits.csv:5: there is no image away.png",
        "portraits.csv:6: the two eyes are one point",
        f"portraits.csv:7: it has no landmarks: ebgan-kit landmarks {portraits} finds them",
        "portraits.csv:8: an attribute is 1, 0 or -1, not '2'",
    ):
        assert sentence in said
    assert said.endswith("mend them, or set data.skip_broken=true to go on without them")
    data = opened(portraits, skip_broken=True)
    assert (len(data), data.skipped) == (5, 7)


def test_landmarks_of_a_photograph_that_was_not_turned(portraits: Path) -> None:
    """A table of a tool that does not know which way up its photographs are."""
    image, landmarks = portrait(0)
    assert image.width > image.height
    exif = image.getexif()
    exif[ExifTags.Base.Orientation] = 6
    image.convert("RGB").save(portraits / "images/00.jpg", exif=exif)
    change(portraits, "00.png", "00.jpg")
    _place(portraits, [*landmarks[:4], complex(image.width - 1, 9)])
    words = f"is outside the photograph of {image.height}x{image.width} pixels"
    assert words in complaint(portraits)


def test_another_partition_may_be_broken(portraits: Path) -> None:
    cut_off(portraits / "images/11.png")
    assert len(opened(portraits, partitions=("train",))) == 8
    assert "11.png" in complaint(portraits, partitions=("test",))


def test_a_folder_without_a_table(portraits: Path) -> None:
    (portraits / "portraits.csv").unlink()
    assert complaint(portraits) == (
        f"{portraits} holds no table: ebgan-kit landmarks {portraits} writes one"
    )


def test_a_folder_with_two_tables(portraits: Path) -> None:
    (portraits / "more.csv").touch()
    said = complaint(portraits)
    assert f"{portraits} holds 2 tables (more.csv, portraits.csv): say which one" in said
    assert len(opened(portraits, table=Path("portraits.csv"))) == 12


@pytest.mark.parametrize("columns", [7, 9])
def test_a_table_without_landmarks(portraits: Path, columns: int) -> None:
    lines = (portraits / "portraits.csv").read_text().splitlines()
    rows = [",".join(line.split(",")[:columns]) for line in lines]
    write_lines(portraits / "portraits.csv", *rows)
    said = complaint(portraits)
    assert f"portraits.csv has no landmarks ({'left' if columns == 7 else 'right'}_eye_x, " in said
    assert said.endswith(f"ebgan-kit landmarks {portraits} finds them")


def test_photographs_without_a_row_are_passed_over(portraits: Path) -> None:
    portrait(12)[0].save(portraits / "images" / "new.png")
    said = r"passed over: 1 \(1 without a row in portraits.csv\)"
    with pytest.warns(UserWarning, match=said):
        assert len(opened(portraits)) == 12


# In use


@pytest.mark.usefixtures("quick")
def test_a_model_of_portraits_is_measured_over_people(
    portraits: Path, tiny: Callable[..., Any], tmp_path: Path
) -> None:
    keys = ["data.use=portraits", f"data.root={portraits}", "data.size=64", "data.eyes=0.28"]
    model = train(tiny(*keys), tmp_path / "run")
    found = evaluate(model, ["data.partitions=train,valid"], count=8)
    assert found["count"] == 8
    assert found["outside"]["changed_pixels"] == 0


# Landmarks that are found

finder = pytest.mark.skipif(yunet.weights() is None, reason="no face finder is installed")


@finder
def test_landmarks_are_found_and_written(portraits: Path, command: Callable[..., Any]) -> None:
    """The table is the data's, and what was in it stays."""
    table = portraits / "portraits.csv"
    lines = [line.split(",") for line in table.read_text().splitlines()]
    by_hand = lines[4][7:]
    write_lines(table, *(",".join([*c[:5], *(c[5:] if n in (0, 4) else [""] * 12)]) for n, c in
                         enumerate(lines)))  # fmt: skip
    Image.new("RGB", (90, 90), "grey").save(portraits / "images" / "wall.png")
    cut_off(portraits / "images" / "05.png")
    answer = command("landmarks", "portraits")
    assert answer.status == 0
    assert answer.out == (
        "wrote portraits/portraits.csv: landmarks of 10 photographs beside 1 that were there\n"
    )
    assert "portraits/images/wall.png: no face was found" in answer.err
    assert "portraits/images/05.png does not decode" in answer.err
    assert "left out: 2 of 13 photographs" in answer.err
    head, *rows = (line.split(",") for line in table.read_text().splitlines())
    assert head == lines[0]
    assert rows[3][7:] == by_hand
    assert [row[1:5] for row in rows] == [line[1:5] for line in lines[1:]]
    assert rows[5][5:] == [""] * 12
    assert rows[0][5:7] == ["180", "160"]
    with pytest.warns(UserWarning, match="1 without a row"):
        data = opened(portraits, skip_broken=True, eyes=0.28)
    found = data.__getitems__(range(len(data)))
    assert len(data) == 11
    _, landmarks = portrait(0)
    places = [complex(*map(float, rows[0][at : at + 2])) for at in range(7, 17, 2)]
    apart = abs(landmarks[1] - landmarks[0])
    assert max(abs(p - q) for p, q in zip(places[:2], landmarks[:2], strict=True)) < 0.25 * apart
    assert found.identity is not None
    again = command("landmarks", "portraits")
    assert again.out == (
        "portraits/portraits.csv: has landmarks of 11 photographs, and none is new\n"
    )


@finder
def test_a_new_table_has_the_largest_face_of_each(
    tmp_path: Path, command: Callable[..., Any], tiny_file: Path
) -> None:
    (tmp_path / "mine" / ".hidden").mkdir(parents=True)
    crowd((500, 300), (20, 20, 90), (220, 40, 220)).save(tmp_path / "mine" / "two.png")
    crowd((200, 200), (20, 20, 160)).save(tmp_path / "mine" / ".hidden" / "no.png")
    answer = command("landmarks", "mine", "-o", "new.csv")
    assert answer.status == 0
    head, row, *others = (tmp_path / "new.csv").read_text().splitlines()
    assert head.startswith("file,width,height,left_eye_x,left_eye_y,right_eye_x")
    assert others == []
    assert row.startswith("two.png,500,300,")
    assert float(row.split(",")[3]) > 220
    keys = ("data.use=portraits", "data.root=mine", "data.table=new.csv")
    assert command("check", tiny_file, *keys, "data.partitions=train,valid,test").status == 0


@finder
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "nowhere: cannot be read"),
        (("empty",), "empty: holds no photograph"),
        (("walls",), "walls: no face was found in any photograph"),
        (("walls", "-o", "walls/wall.png"), "walls/wall.png: is an input of this search"),
        (("walls", "-o", "away/new.csv"), "the folder away does not exist"),
        (("walls", "-o", "other.csv"), "no row begins with the name of an image"),
    ],
)
def test_nothing_is_written_where_it_cannot_be(
    tmp_path: Path, command: Callable[..., Any], words: tuple[str, ...], said: str
) -> None:
    for name in ("empty", "walls"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (90, 90), "grey").save(tmp_path / "walls" / "wall.png")
    other = tmp_path / "other.csv"
    write_lines(other, "name,value", "one,2", "two,3")
    before = other.read_bytes()
    answer = command("landmarks", *words)
    assert answer.status == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert other.read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "walls").iterdir()) == ["wall.png"]


def test_without_a_finder(
    portraits: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    yunet.detector.cache_clear()
    monkeypatch.setattr(yunet, "weights", lambda: None)
    answer = command("landmarks", "portraits")
    yunet.detector.cache_clear()
    assert answer.status == 2
    assert "pip install 'ebgan-kit[faces]'" in answer.err
