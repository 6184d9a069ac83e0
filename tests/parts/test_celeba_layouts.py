"""CelebA as people have it on their disks: the same faces, wherever its files lie."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures.faces import write_lines
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.celeba import Celeba

MARKS = (
    "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y "
    "leftmouth_x leftmouth_y rightmouth_x rightmouth_y"
)


@pytest.fixture
def landmarked(celeba: Path) -> Path:
    """The six photographs with a landmark file."""
    rows = [f"{n:06d}.jpg  6{n} 110  107 110  90 134  72 153  104 153" for n in range(1, 7)]
    write_lines(celeba / "list_landmarks_align_celeba.txt", "6", f"{MARKS} ", *rows)
    return celeba


def moved(root: Path, places: dict[str, str]) -> None:
    for old, new in places.items():
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)


LISTS = ("list_attr_celeba", "list_eval_partition", "list_landmarks_align_celeba")


def by_the_authors(root: Path) -> None:
    moved(root, {f"{name}.txt": f"Anno/{name}.txt" for name in (LISTS[0], LISTS[2])})
    moved(root, {"identity_CelebA.txt": "Anno/identity_CelebA.txt"})
    moved(root, {"list_eval_partition.txt": "Eval/list_eval_partition.txt"})
    moved(root, {"img_align_celeba": "Img/img_align_celeba"})


def by_torchvision(root: Path) -> None:
    moved(root, {path.name: f"celeba/{path.name}" for path in list(root.iterdir())})


def by_kaggle(root: Path) -> None:
    """Lists with commas and a first line of names; one folder in another; no identities."""
    for name in LISTS:
        lines = (root / f"{name}.txt").read_text().splitlines()
        head = lines[1].split() if len(lines) > 6 else ["partition"]
        rows = [",".join(line.split()) for line in lines[-6:]]
        write_lines(root / f"{name}.csv", ",".join(["image_id", *head]), *rows)
        (root / f"{name}.txt").unlink()
    write_lines(root / "list_bbox_celeba.csv", "image_id,x_1,y_1,width,height")
    (root / "identity_CelebA.txt").unlink()
    moved(root, {"img_align_celeba": "inner", "inner": "img_align_celeba/img_align_celeba"})


LAYOUTS = {
    "as the authors have it": by_the_authors,
    "as torchvision keeps it": by_torchvision,
    "as Kaggle has it": by_kaggle,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_faces_are_read(landmarked: Path, layout: str) -> None:
    before = Celeba(root=landmarked, size=32)
    expected = before.__getitems__(range(5))
    LAYOUTS[layout](landmarked)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = Celeba(root=landmarked, size=32)
    faces = data.__getitems__(range(5))
    assert data.attributes == before.attributes
    assert data.partition.equal(before.partition)
    for name in ("image", "attributes", "landmarks"):
        assert getattr(faces, name).equal(getattr(expected, name))
    if layout != "as Kaggle has it":
        assert faces.identity.equal(expected.identity)


def test_the_lists_beside_the_images_go_first(landmarked: Path) -> None:
    text = (landmarked / "list_eval_partition.txt").read_text()
    for place in ("list_eval_partition.csv", "Eval/list_eval_partition.txt"):
        (landmarked / place).parent.mkdir(exist_ok=True)
        (landmarked / place).write_text(text.replace(" 0", " 2"))
    assert len(Celeba(root=landmarked)) == 5


def broken(root: Path, wrong: Callable[[Path], object]) -> str:
    wrong(root)
    with pytest.raises(UsageError) as said:
        Celeba(root=root)
    return str(said.value)


def test_a_fault_is_told_by_where_the_list_lies(landmarked: Path) -> None:
    by_kaggle(landmarked)
    (landmarked / "Anno").mkdir()
    moved(landmarked, {"list_attr_celeba.csv": "Anno/list_attr_celeba.csv"})
    table = landmarked / "Anno/list_attr_celeba.csv"
    said = broken(landmarked, lambda _: table.write_text(table.read_text().replace("-1", "no", 1)))
    assert "Anno/list_attr_celeba.csv:2: an attribute is 1, 0 or -1, not 'no'" in said


def test_photographs_that_are_still_in_their_archive(celeba: Path) -> None:
    moved(celeba, {"img_align_celeba": "away", "identity_CelebA.txt": "img_align_celeba.zip"})
    said = broken(celeba, by_torchvision)
    assert "img_align_celeba/: there is no such folder; unzip celeba/img_align_celeba.zip" in said


def test_photographs_of_another_size_are_warned_of(landmarked: Path) -> None:
    path = landmarked / "img_align_celeba/000002.jpg"
    Image.new("RGB", (128, 128)).save(path)
    said = r"1 of 5 photographs .* not of 178x218 .*\(000002\.jpg has 128x128\): landmarks"
    with pytest.warns(UserWarning, match=said):
        Celeba(root=landmarked)
