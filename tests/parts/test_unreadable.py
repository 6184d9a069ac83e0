"""Photographs that break after their data was opened: skipped, or said in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from fixtures.photographs import photograph
from fixtures.recipes import TINY

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.loading import Order, open_data, read_faces
from ebgan_kit.parts.data.partitions import PARTITIONS
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.dry_run import check

ON_FILES = """use = "folder"
root = "faces"
partitions = ["train", "valid", "test"]
size = 64
"""


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixteen photographs of noise, and a recipe `faces.toml` beside their folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "faces"
    folder.mkdir()
    for number in range(16):
        photograph(64, 64, seed=number).save(folder / f"{number:02d}.png")
    data = 'use = "synthetic"\nsize = 64\ncount = 16\n'
    assert data in TINY
    (tmp_path / "faces.toml").write_text(TINY.replace(data, ON_FILES))
    return folder


def damage(path: Path) -> None:
    """Damage a PNG in its middle: its ends are sound, so nobody sees it before it is read."""
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])


def of(*overrides: str) -> Recipe:
    return read("faces.toml", overrides)


SKIP = "data.skip_broken=true"


def test_the_next_face_of_its_partition_stands_in(faces: Path) -> None:
    before = open_data(of())
    codes = before.partition.tolist()
    row = next(n for n in range(15) if codes[n] != codes[n + 1] and codes[n] in codes[n + 1 :])
    other = codes.index(codes[row], row + 1)
    damage(faces / f"{row:02d}.png")
    data = open_data(of(SKIP))
    assert len(data) == 16
    with pytest.warns(UserWarning, match=rf"{row:02d}\.png does not decode.*the next face stands"):
        batch = data.__getitems__([other, row, 0 if row else 1])
    expected = before.__getitems__([other, other, 0 if row else 1])
    assert batch.image.equal(expected.image)
    assert batch.index.equal(expected.index)


@pytest.mark.filterwarnings("ignore:.*stands in for it")
@pytest.mark.parametrize("workers", [0, 1])
def test_the_last_face_and_its_neighbours_have_a_stand_in(faces: Path, workers: int) -> None:
    before = open_data(of())
    rows = (before.partition == PARTITIONS.index("train")).nonzero()[:, 0].tolist()
    for row in rows[-2:]:
        damage(faces / f"{row:02d}.png")
    read = next(read_faces(open_data(of(SKIP)), [rows], workers))
    assert read.image.equal(before.__getitems__([*rows[:-2], rows[0], rows[0]]).image)


def test_nothing_stands_in_where_no_face_can_be_read(faces: Path) -> None:
    for path in faces.iterdir():
        damage(path)
    with pytest.raises(UsageError, match=r"03\.png does not decode"):
        open_data(of(SKIP)).__getitems__([3])


def test_check_reads_every_face(faces: Path) -> None:
    told: list[tuple[int, int]] = []
    check(of(), lambda done, total: told.append((done, total)))
    assert told[-1] == (16, 16)
    for number in (3, 11):
        damage(faces / f"{number:02d}.png")
    with pytest.raises(UsageError) as said:
        check(of())
    lines = str(said.value).splitlines()
    assert [line.strip().partition(" does")[0] for line in lines[1:3]] == [
        "faces/03.png", "faces/11.png",
    ]  # fmt: skip
    assert lines[3:] == ["mend them, or set data.skip_broken=true to go on without them"]
    with pytest.warns(UserWarning, match=r"11\.png does not decode.*stands in for it"):
        check(of(SKIP))


def test_a_run_says_how_to_go_on_and_goes_on(faces: Path, command: Callable[..., Any]) -> None:
    last = list(islice(Order(length=16, batch=4, seed=0), 4))[-1][-1]
    damage(faces / f"{last:02d}.png")
    answer = command("run", "faces.toml")
    assert answer.status == 2
    assert f"faces/{last:02d}.png does not decode" in answer.err
    assert "set data.skip_broken=true to go on without such faces" in answer.err
    assert "stopped after 12 images, all saved; go on by --resume" in answer.err
    answer = command("run", "faces.toml", "--resume", "--skip-broken")
    assert answer.status == 0
    assert f"{last:02d}.png does not decode" in answer.err
    assert answer.err.count("stands in for it") == 1
