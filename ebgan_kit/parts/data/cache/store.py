"""Faces kept as bytes, in memory or in a file that is mapped into it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.types import Faces

Done = TypeVar("Done")

PIXELS = 2**20
"""How many pixels are taken at a time where faces come to be kept: 64 faces of 128 pixels."""

DTYPES = {
    "image": torch.uint8,
    "attributes": torch.uint8,
    "landmarks": torch.float32,
    "parts": torch.uint8,
    "identity": torch.int64,
}
"""What is kept of faces, and how."""


@dataclass(frozen=True)
class Kept:
    """N faces, of which a batch is a look-up and a conversion."""

    image: Tensor
    """[N, H, W, 3], uint8: a batch then lies in memory as `channels_last` has it."""
    attributes: Tensor | None = None
    """[N, n], uint8."""
    landmarks: Tensor | None = None
    """[N, 5, 2], float32, in pixels."""
    parts: Tensor | None = None
    """[N, H, W], uint8."""
    identity: Tensor | None = None
    """[N], int64."""

    def faces(self, rows: Tensor, index: Tensor) -> Faces:
        """The faces of some rows [B], which the data calls `index` [B]."""
        known = {name: getattr(self, name) for name in DTYPES}
        found = {n: t.index_select(0, rows) for n, t in known.items() if t is not None}
        found["image"] = from_bytes(found["image"]).permute(0, 3, 1, 2)
        if "attributes" in found:
            found["attributes"] = found["attributes"].float()
        return Faces(**found, index=index)


def kept_form(faces: Faces) -> dict[str, Tensor]:
    """What is known of a batch, by its name and in its form in `Kept`."""
    known = {name: getattr(faces, name) for name in DTYPES}
    known["image"] = to_bytes(faces.image).permute(0, 2, 3, 1)
    return {n: t.to(DTYPES[n]).contiguous() for n, t in known.items() if t is not None}


def pieces(start: int, count: int, size: int) -> list[range]:
    """The rows from `start` to `count`, a few hundred at most at a time."""
    step = min(256, max(1, PIXELS // size**2))
    return [range(row, min(row + step, count)) for row in range(start, count, step)]


def size_in_memory(data: Any) -> int:
    """How many bytes all faces of the data take once they are kept, as the first one does."""
    first = kept_form(data.__getitems__([0]))
    return len(data) * sum(tensor.nbytes for tensor in first.values())


def in_threads(
    work: Callable[[range], Done], shares: Sequence[range]
) -> Generator[Done, None, None]:
    """What `work` makes of each share of the rows, in order, while each core is at one of its own.

    Operations on so few faces gain nothing from two threads.
    """
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield from pool.map(work, shares)
    finally:  # Ctrl-C does not wait for the shares that nobody has begun
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # threads that torch starts later ask what was set last


def keep(data: Any, size: int, tell: Callable[[int, int], None]) -> Kept:
    """Keep all faces of the data in memory; `tell(done, total)` is told how far it is."""
    count, shares = len(data), pieces(0, len(data), size)
    kept: dict[str, Tensor] = {}
    with closing(in_threads(lambda rows: kept_form(data.__getitems__(rows)), shares)) as forms:
        for rows, form in zip(shares, forms, strict=True):
            for name, piece in form.items():
                if name not in kept:
                    kept[name] = piece.new_empty(count, *piece.shape[1:])
                kept[name][rows.start : rows.stop] = piece
            tell(rows.stop, count)
    return Kept(**kept)
