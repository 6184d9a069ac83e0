"""Batches: every face once an epoch, the same ones for any number of processes and after a stop."""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from torch.utils.data._utils.pin_memory import pin_memory
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.loading import Order, batches, read_faces
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.pairings.shuffle import shuffle
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


def rows(order: Order, steps: int) -> list[list[int]]:
    return list(itertools.islice(order, steps))


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize(("length", "batch"), [(24, 8), (23, 8), (5, 8), (8, 8)])
def test_every_face_is_seen_once_an_epoch(length: int, batch: int, processes: int) -> None:
    """By one of the processes, and by no two."""
    shares = [rows(Order(length, batch, 1, 0, rank, processes), 30) for rank in range(processes)]
    seen = [face for step in zip(*shares, strict=True) for share in step for face in share]
    for start in range(0, len(seen) - length + 1, length):
        assert sorted(seen[start : start + length]) == list(range(length))


def test_epochs_and_seeds_differ() -> None:
    first, second = rows(Order(16, 16, seed=1), 2)
    assert first != second
    assert first != list(range(16))
    assert rows(Order(16, 16, seed=2), 1) != [first]
    assert rows(Order(16, 16, seed=1), 1) == [first]


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_the_batches_of_one(processes: int) -> None:
    alone = rows(Order(23, 8, seed=1), 10)
    shares = [rows(Order(23, 8, 1, 0, rank, processes), 10) for rank in range(processes)]
    together = [list(itertools.chain(*parts)) for parts in zip(*shares, strict=True)]
    assert together == alone
    places = [Order(23, 8, 1, 0, rank, processes).places(16) for rank in range(processes)]
    assert torch.equal(torch.cat(places), Order(23, 8, 1).places(16))


@pytest.mark.parametrize("start", [8, 16, 40])
def test_starting_late_is_going_on(start: int) -> None:
    assert (
        rows(Order(23, 8, seed=1, start=start), 5)
        == rows(Order(23, 8, seed=1), 20)[start // 8 :][:5]
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_faces_are_read_in_that_order(workers: int) -> None:
    data, order = Synthetic(size=16, count=10), Order(10, 4, seed=3, start=8)
    stream = batches(data, order, workers, torch.device("cpu"), ("Smiling", "Male"))
    for expected, at in zip(rows(order, 4), (8, 12, 16, 20), strict=True):
        clock, faces, places = next(stream)
        assert clock == at
        assert faces.index.tolist() == expected
        assert places.tolist() == list(range(at, at + 4))
        columns = [data.attributes.index(name) for name in ("Smiling", "Male")]
        known = data.__getitems__(expected).attributes[:, columns]
        assert torch.equal(faces.attributes, known)


def test_known_tensors_of_faces_are_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loader leaves alone what has no `pin_memory`, and says nothing."""
    pinned: list[torch.Tensor] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: pinned.append(self) or self)
    faces = Synthetic(size=16, count=2).__getitems__([0, 1])
    pin_memory(faces)
    assert len(pinned) == sum(getattr(faces, field.name) is not None for field in fields(faces))


@pytest.mark.slow
def test_a_reader_ends_with_the_process_that_it_reads_for() -> None:
    """Also where that leaves in the middle, and holds the reader to its own end."""
    code = (
        "import sys\n"
        "from ebgan_kit.parts.data.loading import read_faces\n"
        "from ebgan_kit.parts.data.synthetic import Synthetic\n"
        "sys.reader = read_faces(Synthetic(size=16, count=8), [[0], [1], [2], [3]], workers=1)\n"
        "next(sys.reader)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# Readers that the machine does not let work


def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faces]:
    """Faces that two processes read; who died is noticed without a wait of five seconds."""
    poll = _MultiProcessingDataLoaderIter._try_get_data
    monkeypatch.setattr(poll, "__defaults__", (0.05,))
    return read_faces(Synthetic(size=16, count=8), [[number] for number in range(8)], workers=2)


def test_shared_memory_without_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small /dev/shm, as containers have it; left to the queue, the run would wait for ever."""
    reason = "unable to allocate shared memory(shm): No space left on device (28)"
    monkeypatch.setattr(torch.Tensor, "share_memory_", Mock(side_effect=RuntimeError(reason)))
    with pytest.raises(UsageError, match="shared memory has no room") as told:
        next(readers(monkeypatch))
    assert str(told.value).count("\n") == 0
    assert reason in str(told.value)
    assert "--shm-size=1g, or set train.workers=0" in str(told.value)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.ENOSYS])
def test_readers_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, reason: int) -> None:
    broken = OSError(reason, os.strerror(reason))
    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", Mock(side_effect=broken))
    with pytest.raises(UsageError, match=f"{os.strerror(reason)}.*set train.workers=0"):
        next(readers(monkeypatch))


def test_a_reader_that_is_killed_is_noticed_between_two_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was trained up to there can then be saved."""
    found = readers(monkeypatch)
    next(found)
    for reader in multiprocessing.active_children():
        os.kill(reader.pid, signal.SIGKILL)
        reader.join()
    sum(range(1_000))  # a signal's handler would act here
    with pytest.raises(UsageError, match=r"cannot go on \(DataLoader worker.*lower train.workers"):
        list(found)


class Broken(Synthetic):
    """Data with a mistake in its code."""

    def __getitems__(self, indices: Any) -> Faces:
        raise RuntimeError("a mistake in its code")


def test_a_mistake_in_the_code_of_data_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match=r"Original Traceback(.|\n)*a mistake in its code"):
        next(read_faces(Broken(size=16, count=8), [[0]], workers=1))


# Pairs


def pairing(count: int, group: int = 4) -> list[int]:
    faces = Faces(torch.zeros(count, 3, 2, 2))
    return shuffle(faces, Chance(0, torch.arange(count)), group=group).tolist()


def test_nobody_is_his_own_exemplar() -> None:
    order = pairing(16)
    assert sorted(order) == list(range(16))
    assert all(mine != its for mine, its in enumerate(order))


def test_pairs_stay_in_their_group() -> None:
    assert pairing(8) == [1, 2, 3, 0, 5, 6, 7, 4]
    assert pairing(8, group=2) == [1, 0, 3, 2, 5, 4, 7, 6]
    assert pairing(4) == pairing(8)[:4]


def test_a_batch_that_cannot_be_grouped() -> None:
    with pytest.raises(ValueError, match="a batch of 6 cannot be cut into groups of 4"):
        pairing(6)
