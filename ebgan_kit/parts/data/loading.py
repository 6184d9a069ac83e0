"""The endless order of faces in a run, and the faces read in that order."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.mates import Mated
from ebgan_kit.parts.data.readers import NoReaders, handed_over, leave_interrupts, read_by
from ebgan_kit.parts.data.unreadable import StandIns
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Faces


@dataclass(frozen=True)
class Order(Sampler[list[int]]):
    """Which rows stand at which places of a run: every epoch a new permutation, seeded.

    It holds no state, so a run starts anywhere. Each process takes its share of a batch, so every
    face is seen once an epoch whatever their number.
    """

    length: int
    batch: int
    """Faces a batch, over all processes."""
    seed: int
    start: int = 0
    """Faces seen before."""
    rank: int = 0
    processes: int = 1

    def places(self, clock: int) -> Tensor:
        """This process's places in the batch that begins after `clock` faces."""
        share = self.batch // self.processes
        return clock + self.rank * share + torch.arange(share)

    def __iter__(self) -> Iterator[list[int]]:
        clock, epoch, rows = self.start, -1, torch.empty(0)
        while True:
            found = []
            for place in self.places(clock).tolist():
                if place // self.length != epoch:
                    epoch = place // self.length
                    rows = self._permutation(epoch)
                found.append(int(rows[place % self.length]))
            yield found
            clock += self.batch

    def _permutation(self, epoch: int) -> Tensor:
        random = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
        return torch.randperm(self.length, generator=random)


def open_data(recipe: Recipe) -> Any:
    """The recipe's faces; UsageError where they lack what the recipe asks of them."""
    data = recipe.tables["data"].build()
    missing = [name for name in recipe.attributes if name not in data.attributes]
    if missing:
        has = ", ".join(data.attributes) or "none"
        raise UsageError(f"[model] attributes: the data has no {', '.join(missing)}; it has {has}")
    if getattr(data, "skipped", 0):
        warnings.warn(f"{data.skipped} faces cannot be used and are left out", stacklevel=2)
    if "pairing" in recipe.tables:
        data = _with_mates(data, recipe.tables["pairing"].build(), recipe.attributes)
    skips = getattr(recipe.tables["data"].keys, "skip_broken", False)
    return StandIns(data) if skips else data  # for a face and its mate at once: they stay a pair


def _with_mates(data: Any, pairing: Any, attributes: Sequence[str]) -> Any:
    """The faces with other pictures of their people, where the pairing asks for these."""
    if not getattr(pairing, "mates", False):
        return data
    if not getattr(pairing, "differ", False):
        return Mated(data)
    if not attributes:
        raise UsageError(
            '[pairing] use = "contrast": this model has no attributes in which two pictures of a '
            'person could differ; use = "person" does without'
        )
    return Mated(data, attributes)


def batches(
    data: Any, order: Order, workers: int, device: torch.device, attributes: Sequence[str] = ()
) -> Iterator[tuple[int, Faces, Tensor]]:
    """Without end: the clock, a batch of faces on the device, and their places in the run.

    Only the named attributes come along, in that order.
    """
    clock = order.start
    for faces in read_faces(data, order, workers, pinned=device.type == "cuda"):
        faces = only(faces, data.attributes, attributes).to(device)
        yield clock, faces, order.places(clock).to(device)
        clock += order.batch


def only(faces: Faces, known: Sequence[str], wanted: Sequence[str]) -> Faces:
    """The faces and their mates with some of their attributes alone: [B, wanted] of the data's."""
    if faces.mate is not None:
        faces = replace(faces, mate=only(faces.mate, known, wanted))
    if faces.attributes is None:
        return faces
    columns = torch.tensor([known.index(name) for name in wanted], dtype=torch.long)
    return replace(faces, attributes=faces.attributes[:, columns])


def read_faces(
    data: Any, rows: Iterable[list[int]], workers: int, pinned: bool = False
) -> Iterator[Faces]:
    """The faces of each list of rows in turn, read by so many processes apart, or by this one.

    A face that a process apart could not read is named as if here.
    """
    loader = DataLoader(
        data,
        batch_sampler=rows,
        collate_fn=handed_over if workers else _as_read,
        num_workers=workers,
        pin_memory=pinned,
        worker_init_fn=leave_interrupts,
    )
    try:
        yield from read_by(loader) if workers else loader
    except NoReaders:
        raise
    except UsageError as problem:
        told = str(problem).rpartition("UsageError: ")[2].strip()
        if hasattr(data, "skipped") and not isinstance(data, StandIns):
            told += "; mend it, or set data.skip_broken=true to go on without such faces"
        raise UsageError(told) from None


def _as_read(faces: Any) -> Faces:
    """Data parts read whole batches: there is nothing to collate."""
    return faces
