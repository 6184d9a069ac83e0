"""Drawn faces: the same person always, attributes that can be seen, and a truth that is true."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch

from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.parts.data.cache.memory import free_memory
from ebgan_kit.parts.data.partitions import PARTITIONS
from ebgan_kit.parts.data.synthetic import ATTRIBUTES, Synthetic
from ebgan_kit.types import PARTS, Faces

MOUTH = ("Smiling", "Mouth_Slightly_Open", "Mustache", "Goatee", "Wearing_Lipstick", "Big_Lips")
EXTENTS = {"mouth": (0.75, 0.62, 1.85), "eyes": (1.15, -0.62, 0.5), "nose": (0.45, -0.15, 0.9)}
"""Region → farthest |x|, least y and greatest y that it may touch, in the head's frame."""


@pytest.fixture(scope="module")
def data() -> Synthetic:
    return Synthetic(size=64, count=5000)


@pytest.fixture(scope="module")
def faces(data: Synthetic) -> Faces:
    return data.__getitems__(range(24))


@pytest.fixture(scope="module")
def record(data: Synthetic) -> dict[str, torch.Tensor]:
    return data.record(torch.arange(5000))


def head_frame(faces: Faces) -> torch.Tensor:
    """[B, H, W, 2]: x and y of pixels in the source's head, in distances between the eyes."""
    left, right = faces.landmarks[:, 0], faces.landmarks[:, 1]
    across = right - left
    down = torch.stack([-across[:, 1], across[:, 0]], dim=1)
    line = torch.arange(faces.image.shape[-1]) + 0.5
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)
    offset = points - ((left + right) / 2)[:, None, None]
    axes = torch.stack([across, down], dim=-1) / across.square().sum(1)[:, None, None]
    return torch.einsum("bhwi,bij->bhwj", offset, axes)


def test_a_face_is_the_same_in_every_batch(data: Synthetic, faces: Faces) -> None:
    alone = data.__getitems__([7])
    among = data.__getitems__([3, 7, 4999])
    for name in ("image", "attributes", "landmarks", "parts", "index"):
        assert torch.equal(getattr(alone, name)[0], getattr(faces, name)[7])
        assert torch.equal(getattr(among, name)[1], getattr(faces, name)[7])


def test_shapes_and_ranges(data: Synthetic, faces: Faces) -> None:
    assert faces.image.shape == (24, 3, 64, 64)
    assert faces.image.dtype == torch.float32
    assert faces.image.min() >= -1
    assert faces.image.max() <= 1
    assert faces.attributes.shape == (24, len(data.attributes))
    assert set(faces.attributes.unique().tolist()) == {0.0, 1.0}
    assert faces.landmarks.shape == (24, 5, 2)
    assert data.template.shape == (5, 2)
    assert faces.parts.shape == (24, 64, 64)
    assert faces.parts.dtype == torch.uint8
    assert faces.identity is None
    assert faces.index.tolist() == list(range(24))


def test_partitions_follow_each_other_and_hold_other_people() -> None:
    every = Synthetic(size=16, count=10, partitions=PARTITIONS)
    test = Synthetic(size=16, count=10, partitions=("test",))
    assert len(every) == 30
    assert len(test) == 10
    images = every.__getitems__([3, 13, 23]).image
    assert torch.equal(images[2:], test.__getitems__([3]).image)
    assert not torch.equal(images[0], images[1])
    assert not torch.equal(images[1], images[2])


def test_partitions_come_in_their_own_order() -> None:
    mixed = Synthetic(size=16, count=3, partitions=("test", "train"))
    assert mixed.partition.tolist() == [0, 0, 0, 2, 2, 2]
    train = Synthetic(size=16, count=3)
    assert torch.equal(mixed.__getitems__([1]).image, train.__getitems__([1]).image)


def same(faces: Faces, others: Faces) -> bool:
    names = [f.name for f in fields(Faces)]
    pairs = [(getattr(faces, name), getattr(others, name)) for name in names]
    return all(a is b if a is None or b is None else torch.equal(a, b) for a, b in pairs)


def test_faces_drawn_once_are_those_drawn_anew() -> None:
    keys = {"size": 32, "count": 300, "partitions": ("train", "test")}
    once, anew = Synthetic(**keys), Synthetic(**keys, drawn="anew")
    told: list[tuple[int, int]] = []
    for data in (once, anew):
        data.prepare(lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]
    rows = [599, 0, 3, 299, 300, 3]
    assert same(once.__getitems__(rows), anew.__getitems__(rows))
    assert same(once.__getitems__(rows), Synthetic(**keys).__getitems__(rows))


def test_faces_drawn_once_are_only_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Synthetic(size=16, count=8)
    data.prepare(lambda done, total: None)
    monkeypatch.setattr("ebgan_kit.parts.data.synthetic.synthetic.draw", None)
    data.prepare(lambda done, total: None)
    assert len(data.__getitems__(range(8))) == 8


def groups(system: Path, line: str, files: dict[str, str]) -> Path:
    """What a Linux system tells of the control groups of a process."""
    files = {"proc/self/cgroup": line} | {f"sys/fs/cgroup/{n}": text for n, text in files.items()}
    for name, text in files.items():
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(f"{text}\n")
    return system


GROUPS = {
    "none": ("0::/", {"memory.max": "max"}, None),
    "version 2": ("0::/", {"memory.max": "9000", "memory.stat": "anon 4000\nfile 3"}, 5000),
    "above it": (
        "0::/job/step",
        {"job/memory.max": "7000", "job/memory.stat": "anon 1", "job/step/memory.max": "max"},
        6999,
    ),
    "version 1": (
        "4:cpu,memory:/docker/a",
        {"memory/memory.limit_in_bytes": "8000", "memory/memory.stat": "cache 9\ntotal_rss 10"},
        7990,
    ),
    "spent": ("0::/", {"memory.max": "10", "memory.stat": "anon 40"}, 0),
}


@pytest.mark.parametrize("case", GROUPS)
def test_a_container_grants_less_memory_than_the_machine_has(tmp_path: Path, case: str) -> None:
    line, files, expected = GROUPS[case]
    free = free_memory(groups(tmp_path, line, files))
    assert free == expected if expected is not None else free > 10_000


def free(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    monkeypatch.setattr("ebgan_kit.parts.data.cache.memory.free_memory", lambda: memory)


def test_faces_beyond_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2 * 10**9)
    with pytest.raises(UsageError) as said:
        Synthetic(size=512, count=2_000).prepare(lambda done, total: None)
    assert str(said.value) == (
        "2,000 faces of 512 pixels, drawn once and kept, take 2.1 GB of memory, and of 2.0 GB that "
        "are free the run takes a part: set data.drawn=anew, or a smaller data.count or data.size"
    )
    Synthetic(size=512, count=2_000, drawn="anew").prepare(lambda done, total: None)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UsageError, match=r"1\.0 GB of memory in each of 2 processes"):
        Synthetic(size=512, count=1_000).require_memory()


@pytest.mark.parametrize("name", ["run", "check"])
def test_a_run_beyond_the_memory_does_not_begin(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any], name: str
) -> None:
    free(monkeypatch, 10**5)
    answer = command(name, tiny_file, "train.images=20")
    assert answer.status == 2
    assert "set data.drawn=anew, or a smaller data.count or data.size" in answer.err
    assert not Path("runs/tiny").exists()


def test_a_drawing_is_a_picture_of_eight_bits(data: Synthetic, faces: Faces) -> None:
    truth = data.truth(faces, faces[torch.arange(24).roll(1)], ["face"])
    for image in (faces.image, truth):
        assert torch.equal(from_bytes(to_bytes(image)), image)


def test_seeds_hold_other_people(faces: Faces) -> None:
    assert not torch.equal(Synthetic(seed=1).__getitems__([0]).image[0], faces.image[0])


def test_the_same_face_at_every_size(faces: Faces) -> None:
    large = Synthetic(size=256, count=5000).__getitems__(range(4))
    shrunk = torch.nn.functional.avg_pool2d(large.image, 4)
    assert (shrunk - faces.image[:4]).abs().mean() < 0.03
    assert torch.allclose(large.landmarks, faces.landmarks[:4] * 4, atol=1e-3)


@pytest.mark.parametrize("size", [16, 37, 128])
def test_other_sizes(size: int) -> None:
    faces = Synthetic(size=size).__getitems__([0, 1])
    assert faces.image.shape == (2, 3, size, size)
    assert faces.image.isfinite().all()


def test_every_attribute_can_be_seen(data: Synthetic, record: dict) -> None:
    for name in ATTRIBUTES:
        faces = data.__getitems__(record[name].nonzero()[:8, 0])
        change = (data.truth(faces, faces, (), without=[name]) - faces.image).abs().amax(dim=1)
        assert ((change > 0.1).sum(dim=(1, 2)) >= 4).all(), name


def test_base_rates(record: dict) -> None:
    rates = {name: float(record[name].mean()) for name in ATTRIBUTES}
    assert all(0.1 < rate < 0.55 for rate in rates.values()), rates
    expected = (0.5, 0.45, 0.3, 0.25, 0.35)
    assert [rates[name] for name in MOUTH[:5]] == pytest.approx(expected, abs=0.03)


def test_male_goes_with_beards_but_every_combination_occurs(record: dict) -> None:
    male = record["Male"] > 0.5
    for name in ("Mustache", "Goatee", "Wearing_Lipstick"):
        on, off = record[name][male].mean(), record[name][~male].mean()
        assert (on < off) == (name == "Wearing_Lipstick")
        assert min(on, off) > 0.05
        assert max(on, off) < 0.95


def test_truth_of_a_face_with_itself_is_the_face(data: Synthetic, faces: Faces) -> None:
    for region in data.regions:
        assert torch.equal(data.truth(faces, faces, [region]), faces.image)


@pytest.mark.parametrize("region", EXTENTS)
def test_truth_changes_its_region_and_nothing_else(
    data: Synthetic, faces: Faces, region: str
) -> None:
    truth = data.truth(faces, faces[torch.arange(24).roll(1)], [region])
    changed = (truth != faces.image).any(dim=1)
    half, top, bottom = EXTENTS[region]
    x, y = head_frame(faces).unbind(dim=-1)
    assert not (changed & ((x.abs() > half) | (y < top) | (y > bottom))).any()
    assert (changed.sum(dim=(1, 2)) > 10).all()


def test_truth_leaves_attributes_out(data: Synthetic, record: dict) -> None:
    bearded = data.__getitems__(record["Mustache"].nonzero()[:4, 0])
    plain = data.__getitems__((record["Mustache"] == 0).nonzero()[:4, 0])
    kept = data.truth(plain, bearded, ["mouth"])
    left_out = data.truth(plain, bearded, ["mouth"], without=["Mustache"])
    assert ((kept - left_out).abs().amax(dim=(1, 2, 3)) > 0.1).all()


def test_landmarks_lie_on_their_parts() -> None:
    faces = Synthetic(size=128).__getitems__(range(64))
    columns, rows = faces.landmarks.long().unbind(dim=-1)
    label = faces.parts[torch.arange(64)[:, None], rows, columns]
    for landmark, part in ((0, "l_eye"), (1, "r_eye"), (2, "nose")):
        assert (label[:, landmark] == PARTS.index(part)).float().mean() > 0.9
    lips = (faces.parts >= PARTS.index("mouth")) & (faces.parts <= PARTS.index("l_lip"))
    for face in range(64):
        wide = lips[face].nonzero()[:, 1] + 0.5
        corners = faces.landmarks[face, 3:, 0]
        assert (wide.min() - corners[0]).abs() < 3
        assert (wide.max() - corners[1]).abs() < 3
