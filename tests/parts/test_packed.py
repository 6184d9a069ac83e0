"""Packed faces: the same faces from one file, however often its writing was stopped."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
import signal
import warnings
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fixtures.faces import cut_off, write_lines
from safetensors.torch import load_file, save_file

from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.evaluation.evaluate import evaluate
from ebgan_kit.files.writing import FACES_KEY
from ebgan_kit.parts.data.cache import store, writer
from ebgan_kit.parts.data.cache.pack import overrides_to_use, pack
from ebgan_kit.parts.data.cache.packed import Packed
from ebgan_kit.parts.data.loading import Order, batches, open_data
from ebgan_kit.parts.data.partitions import PARTITIONS
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.registry.part import KINDS, Part
from ebgan_kit.registry.plugins import registry
from ebgan_kit.terminal.progress import bar
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Faces

SUBSETS = [some for n in (1, 2, 3) for some in itertools.combinations(PARTITIONS, n)]


def names(partitions: tuple[str, ...]) -> str:
    return f"data.partitions={list(partitions)}"


def same(faces: Faces, others: Faces) -> None:
    """Fails unless all that is known of the one is known of the others, and equal bit for bit."""
    for field in fields(Faces):
        mine, theirs = getattr(faces, field.name), getattr(others, field.name)
        if mine is None or theirs is None:
            assert mine is theirs, field.name
        else:
            assert mine.dtype == theirs.dtype, field.name
            assert torch.equal(mine, theirs), field.name


# The same faces


@pytest.fixture
def marked(celeba: Path) -> Path:
    """CelebA with landmarks of its own."""
    columns = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y "
    columns += "leftmouth_x leftmouth_y rightmouth_x rightmouth_y"
    rows = [f"{n:06d}.jpg {60 + n} 110 107 110 90 134 72 153 104 153" for n in range(1, 7)]
    write_lines(celeba / "list_landmarks_align_celeba.txt", "6", columns, *rows)
    return celeba


@pytest.fixture
def labelled(folder: Path) -> Path:
    rows = [f"{'more/' if n % 2 else ''}{n:02d}.png,{n % 2},1" for n in range(40)]
    write_lines(folder / "labels.csv", "file,odd,all", *rows)
    return folder


SOURCES = {
    "celeba": ("marked", []),
    "celebamask-hq": ("masked", []),
    "folder": ("labelled", ["data.table=labels.csv"]),
    "folder without a table": ("labelled", []),
    "portraits": ("portraits", ["data.eyes=0.28"]),
    "synthetic": (None, ["data.count=5"]),
}


@pytest.mark.parametrize("source", SOURCES)
def test_packed_faces_are_the_faces(
    source: str, request: pytest.FixtureRequest, tiny_file: Path, tmp_path: Path
) -> None:
    fixture, keys = SOURCES[source]
    root = [f"data.root={request.getfixturevalue(fixture)}"] if fixture else []
    given = [f"data.use={source.split()[0]}", "data.size=32", *root, *keys]
    file = pack(tiny_file, tmp_path / "faces.safetensors", given)
    for subset in SUBSETS:
        unpacked = open_data(read(tiny_file, [*given, names(subset)]))
        packed = Packed(file=file, size=32, partitions=subset)
        rows = list(range(len(unpacked)))[::-1]
        same(packed.__getitems__(rows), unpacked.__getitems__(rows))
        assert packed.attributes == unpacked.attributes
        assert packed.template.equal(unpacked.template)
        assert packed.partition.equal(unpacked.partition)
        assert len(packed) == len(unpacked)


@pytest.fixture
def faces_file(tiny_file: Path, tmp_path: Path) -> Path:
    """The tiny recipe's drawn faces: 16 of each partition."""
    return pack(tiny_file, tmp_path / "faces.safetensors")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_sees_the_same_batches(tiny: Callable[..., Recipe], faces_file: Path, workers: int):
    both = [tiny(), tiny(*overrides_to_use(faces_file, tiny()))]
    streams = []
    for recipe in both:
        data, order = open_data(recipe), Order(16, 6, seed=recipe.seed, start=12)
        streams.append(batches(data, order, workers, torch.device("cpu"), ("Smiling", "Male")))
    for _ in range(4):
        (clock, faces, places), (other_clock, others, other_places) = map(next, streams)
        same(faces, others)
        assert clock == other_clock
        assert places.equal(other_places)


def test_a_run_on_packed_faces_is_the_run(
    tiny: Callable[..., Recipe], faces_file: Path, tmp_path: Path
) -> None:
    recipe = tiny(*overrides_to_use(faces_file, tiny()))
    unpacked, packed = train(tiny(), tmp_path / "one"), train(recipe, tmp_path / "two")
    weights = load_file(packed)
    assert all(torch.equal(t, weights[n]) for n, t in load_file(unpacked).items())


@pytest.mark.usefixtures("quick")
def test_packed_faces_hold_those_to_measure_on(
    tiny: Callable[..., Recipe], faces_file: Path, tmp_path: Path
) -> None:
    model = train(tiny(*overrides_to_use(faces_file, tiny())), tmp_path / "run")
    found = evaluate(model, count=6)
    assert found["count"] == 6
    with pytest.raises(UsageError, match="the model edits faces of 64 pixels"):
        evaluate(model, ["data.size=32"])


def test_a_batch_lies_in_memory_as_networks_want_it(faces_file: Path) -> None:
    image = Packed(file=faces_file, size=64).__getitems__([1, 2]).image
    assert image.is_contiguous(memory_format=torch.channels_last)


def test_a_process_of_its_own_opens_the_file_itself(faces_file: Path) -> None:
    data = Packed(file=faces_file, size=64, partitions=("test",))
    text = pickle.dumps(data)
    assert len(text) < 1000
    same(pickle.loads(text).__getitems__([3, 0]), data.__getitems__([3, 0]))


def test_partitions_asked_for_are_all_that_is_packed(tiny_file: Path, tmp_path: Path) -> None:
    file = pack(tiny_file, tmp_path / "some", ["data.partitions=test"])
    table = json.loads(read_metadata(file)[FACES_KEY])["data"]
    assert table == read(tiny_file, ["data.partitions=test"]).tables["data"].dump()
    assert len(Packed(file=file, size=64, partitions=("test",))) == 16
    with pytest.raises(UsageError, match=r"data\.partitions=train,valid; it holds test"):
        Packed(file=file, size=64)


class Grey:
    """Grey faces that do not say which partition they are in."""

    attributes = ()
    template = torch.full((5, 2), 0.5)

    def __init__(self, *, size: int = 32, partitions: tuple[str, ...] = ("valid",)) -> None:
        self.size = size

    def __len__(self) -> int:
        return 3

    def __getitems__(self, indices: Any) -> Faces:
        index = torch.as_tensor(indices)
        levels = index[:, None, None, None].expand(-1, 3, self.size, self.size)
        none = torch.zeros(len(index), 0)
        return Faces(levels / 127.5 - 1, attributes=none, index=index)


@pytest.fixture
def grey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        registry().parts["data"], "grey", [Part(KINDS["data"], "grey", Grey, "grey")]
    )


@pytest.mark.usefixtures("grey")
def test_data_that_does_not_tell_partitions_apart(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.warns(match="grey does not say which partition each face is in: all are packed as"):
        file = pack(tiny_file, tmp_path / "faces", ["data.use=grey"])
    data = Packed(file=file, size=64, partitions=("valid",))
    same(data.__getitems__([2, 0]), Grey(size=64).__getitems__([2, 0]))
    assert data.attributes == ()


@pytest.mark.usefixtures("grey")
def test_faces_that_differ_in_what_is_known(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_grey = Grey.__getitems__
    sizes = iter((64, 32))

    def shrinking(self: Grey, indices: Any) -> Faces:
        self.size = next(sizes)
        return read_grey(self, indices)

    monkeypatch.setattr(Grey, "__getitems__", shrinking)
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(UsageError, match="after 0 faces the data gives other things of a face"),
    ):
        pack(tiny_file, tmp_path / "faces", ["data.use=grey"])


# Stopped and gone on with


MANY = ["data.size=16", "data.count=100"]
"""300 faces."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are read by 32, and how many are done is noted after 128."""
    monkeypatch.setattr(store, "PIXELS", 32 * 16**2)
    monkeypatch.setattr(writer, "NOTED", 128)


class Killed(Exception):
    """What a run may die of."""


def stopping(at: int, how: Callable[[], None]) -> Callable[[int, int], None]:
    return lambda done, total: how() if done >= at else None


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def die() -> None:
    raise Killed


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("how", "error"), [(interrupt, Stopped), (die, Killed)])
def test_stopped_packing_goes_on(
    tiny_file: Path, tmp_path: Path, how: Callable[[], None], error: type[Exception]
) -> None:
    whole = pack(tiny_file, tmp_path / "whole", MANY)
    file = tmp_path / "stopped"
    for at in (32, 160):
        with pytest.raises(error):
            pack(tiny_file, file, MANY, stopping(at, how))
        assert not file.exists()
    told: list[int] = []
    pack(tiny_file, file, MANY, lambda done, total: told.append(done))
    assert told[0] == 160
    assert file.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "stopped.part").exists()


def test_a_stop_after_the_last_face(tiny_file: Path, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        pack(tiny_file, tmp_path / "faces", MANY, stopping(300, die))
    told: list[tuple[int, int]] = []
    file = pack(tiny_file, tmp_path / "faces", MANY, lambda *so_far: told.append(so_far))
    assert told == [(300, 300)]
    assert len(Packed(file=file, size=16, partitions=("test",))) == 100


@pytest.mark.usefixtures("few")
def test_a_power_cut_loses_what_was_not_noted(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, file = pack(tiny_file, tmp_path / "whole", MANY), tmp_path / "stopped"
    with monkeypatch.context() as cut:
        cut.setattr(writer.Packing, "close", lambda self: self._file.close())
        with pytest.raises(Killed):
            pack(tiny_file, file, MANY, stopping(224, die))
    told: list[int] = []
    pack(tiny_file, file, MANY, lambda done, total: told.append(done))
    assert told[0] == 128
    assert file.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("few")
def test_nobody_takes_unfinished_faces_for_whole(tiny_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "faces"
    with pytest.raises(Killed):
        pack(tiny_file, file, MANY, stopping(160, die))
    shutil.copy(tmp_path / "faces.part", file)
    with pytest.raises(UsageError, match="is not a whole safetensors file"):
        Packed(file=file, size=16)


@pytest.mark.usefixtures("few")
def test_other_faces_are_begun_anew(tiny_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "faces"
    with pytest.raises(Killed):
        pack(tiny_file, file, MANY, stopping(32, die))
    told: list[int] = []
    other = [*MANY, "data.seed=5"]
    with pytest.warns(match=r"faces\.part was begun from another \[data\], .* begun anew"):
        pack(tiny_file, file, other, lambda done, total: told.append(done))
    assert told[0] == 0
    expected = Synthetic(size=16, count=100, seed=5).__getitems__([0, 99])
    same(Packed(file=file, size=16, partitions=("train",)).__getitems__([0, 99]), expected)


def test_few_faces_are_in_memory_at_a_time(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    read_drawn = Synthetic.__getitems__

    def counting(self: Synthetic, indices: Any) -> Faces:
        asked.append(len(indices))
        return read_drawn(self, indices)

    monkeypatch.setattr(Synthetic, "__getitems__", counting)
    pack(tiny_file, tmp_path / "small", MANY)
    assert max(asked) == 256
    asked.clear()
    pack(tiny_file, tmp_path / "large", ["data.size=512", "data.count=3"])
    assert max(asked) == 4


@pytest.mark.usefixtures("few")
def test_several_processes_read_for_the_same_file(tiny_file: Path, tmp_path: Path) -> None:
    alone = pack(tiny_file, tmp_path / "alone", MANY)
    helped = pack(tiny_file, tmp_path / "helped", [*MANY, "train.workers=2"])
    assert alone.read_bytes() == helped.read_bytes()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_photograph_that_breaks_on_the_way(
    celeba: Path,
    tiny_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:
    monkeypatch.setattr("ebgan_kit.parts.data.annotations.find_breakage", lambda path: None)
    photograph = celeba / "img_align_celeba/000005.jpg"
    whole = photograph.read_bytes()
    photograph.write_text("no longer a photograph")
    given = ["data.use=celeba", f"data.root={celeba}", f"train.workers={workers}"]
    with pytest.raises(UsageError, match=r"000005\.jpg does not decode"):
        pack(tiny_file, tmp_path / "faces", given)
    photograph.write_bytes(whole)
    assert len(Packed(file=pack(tiny_file, tmp_path / "faces", given), size=64)) == 5


def test_no_room(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e5))
    with pytest.raises(UsageError, match=r"take 0\.8 GB, and 0\.0 GB are free: make room"):
        pack(tiny_file, tmp_path / "faces", ["data.count=16000"])
    assert not (tmp_path / "faces.part").exists()


def test_a_disk_that_fills_up(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as later:
        later.setattr(writer.os, "fsync", full)
        with pytest.raises(UsageError, match=r"faces\.part: cannot be written: No space left"):
            pack(tiny_file, tmp_path / "faces")
    assert pack(tiny_file, tmp_path / "faces").is_file()


# Files that are none


def change(file: Path, **tensors: torch.Tensor | None) -> None:
    """Write a file anew with other tensors; None leaves one out."""
    metadata = read_metadata(file)
    whole = {**{n: t.clone() for n, t in load_file(file).items()}, **tensors}
    save_file({n: t for n, t in whole.items() if t is not None}, file, metadata)


def read_metadata(file: Path) -> dict[str, str]:
    whole = file.read_bytes()
    return json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"]


def relabel(file: Path, **values: Any) -> None:
    """Write a file anew that says something else of itself."""
    label = json.loads(read_metadata(file)[FACES_KEY]) | values
    save_file(
        {n: t.clone() for n, t in load_file(file).items()}, file, {FACES_KEY: json.dumps(label)}
    )


def other_text(file: Path, text: str) -> None:
    save_file({n: t.clone() for n, t in load_file(file).items()}, file, {FACES_KEY: text})


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (Path.unlink, "there is no such file; ebgan-kit pack RECIPE -o "),
    "empty": (lambda f: f.write_bytes(b""), "is not a whole safetensors file"),
    "cut off": (cut_off, "is not a whole safetensors file"),
    "cut off in its header": (
        lambda f: f.write_bytes(f.read_bytes()[:100]),
        "is not a whole safetensors file",
    ),
    "longer than it says": (
        lambda f: f.write_bytes(f.read_bytes() + b"12345678"),
        "is not a whole safetensors file",
    ),
    "a pickle": (
        lambda f: f.write_bytes(pickle.dumps({"image": [1]})),
        "is not a whole safetensors file",
    ),
    "another safetensors file": (
        lambda f: save_file({"weight": torch.zeros(3)}, f),
        "is a safetensors file, but holds no faces of ebgan-kit pack",
    ),
    "a broken label": (lambda f: other_text(f, "{"), "its header cannot be read"),
    "a label of another kind": (lambda f: other_text(f, "[1]"), "its header cannot be read"),
    "a later format": (lambda f: relabel(f, format=9), "has format 9, and this version of"),
    "more than a label has": (lambda f: relabel(f, run="code"), "its header cannot be read"),
    "no template": (lambda f: relabel(f, template="x"), "its template is not five points"),
    "no list of names": (lambda f: relabel(f, attributes=3), "its attributes have no names"),
    "too few names": (lambda f: relabel(f, attributes=["Smiling"]), "attributes is [48, 16] of"),
    "no images": (lambda f: change(f, image=None), "it has no square images"),
    "images that are not square": (
        lambda f: change(f, image=torch.zeros(48, 64, 32, 3, dtype=torch.uint8)),
        "it has no square images",
    ),
    "images of other numbers": (
        lambda f: change(f, image=torch.zeros(48, 64, 64, 3)),
        "image is [48, 64, 64, 3] of float32",
    ),
    "no faces": (
        lambda f: change(f, image=torch.zeros(0, 64, 64, 3, dtype=torch.uint8)),
        "it has no square images",
    ),
    "too few labels": (
        lambda f: change(f, parts=torch.zeros(47, 64, 64, dtype=torch.uint8)),
        "parts is [47, 64, 64] of uint8",
    ),
    "a tensor of its own": (lambda f: change(f, weight=torch.zeros(48)), "weight is [48] of"),
    "no partition": (
        lambda f: change(f, partition=None),
        "it does not say which partition each face is in",
    ),
    "a partition that there is not": (
        lambda f: change(f, partition=torch.full((48,), 3, dtype=torch.uint8)),
        "it does not say which partition each face is in",
    ),
    "attributes that are more than on": (
        lambda f: change(f, attributes=torch.full((48, 16), 2, dtype=torch.uint8)),
        "its attributes are not 0 and 1",
    ),
    "names without attributes": (
        lambda f: change(f, attributes=None),
        "its attributes are not 0 and 1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_one_sentence(
    faces_file: Path, tiny_file: Path, command: Callable[..., Any], case: str
) -> None:
    spoil, words = WRONG[case]
    spoil(faces_file)
    answer = command("check", tiny_file, "data.use=packed", "data.file=faces.safetensors")
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: faces.safetensors: ")
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1


def test_another_size(faces_file: Path) -> None:
    with pytest.raises(
        UsageError, match=r"holds faces of 64 pixels, not of 128: set data\.size=64"
    ):
        Packed(file=faces_file)


# On the command line


def test_pack_on_the_command_line(command: Callable[..., Any], tiny_file: Path) -> None:
    answer = command("pack", tiny_file, "data.count=8", "-o", "faces.safetensors")
    assert answer.status == 0
    assert answer.out == (
        "wrote faces.safetensors; train on it with\n"
        "  data.use=packed data.file=faces.safetensors data.size=64 data.partitions=train\n"
    )
    assert answer.err == "packing: 24 of 24 faces\n"
    keys = answer.out.split()[-4:]
    assert "8 faces of 64 pixels: all fits" in command("check", tiny_file, *keys).out
    assert command("run", tiny_file, *keys).status == 0
    again = command("pack", tiny_file, "-o", "faces.safetensors")
    assert again.status == 2
    assert again.err == (
        "ebgan-kit: faces.safetensors exists: delete it, or pack into another file\n"
    )


def test_a_stop_says_how_to_go_on(
    command: Callable[..., Any], tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Synthetic.__getitems__

    def interrupted(self: Synthetic, indices: Any) -> Faces:
        if 256 in indices:
            interrupt()
        return draw(self, indices)

    words = ("pack", "tiny.toml", "data.size=16", "data.count=200", "-o", "faces.safetensors")
    with monkeypatch.context() as once:
        once.setattr(Synthetic, "__getitems__", interrupted)
        answer = command(*words)
    assert answer.status == 130
    assert answer.err.endswith(
        "stopped after 512 of 600 faces, which are kept in faces.safetensors.part; go on with:\n"
        "  ebgan-kit pack tiny.toml data.size=16 data.count=200 -o faces.safetensors\n"
    )
    assert command(*words).err == "packing: 512 of 600 faces\npacking: 600 of 600 faces\n"


def test_a_folder_that_is_not_there(command: Callable[..., Any], tiny_file: Path) -> None:
    answer = command("pack", tiny_file, "-o", "away/faces.safetensors")
    assert answer.status == 2
    assert "the folder away does not exist; make it first" in answer.err


def test_the_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with bar("packing") as tell:
        tell(100, 400)
        tell(400, 400)
    shown = capsys.readouterr().err
    assert "packing" in shown
    assert "400/400" in shown
    assert "per second" in shown
