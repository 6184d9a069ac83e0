"""Faces that turn out unreadable after their data was opened."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Any

import torch

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.cache.store import in_threads, pieces
from ebgan_kit.parts.data.faults import WAY_OUT, in_one_message
from ebgan_kit.parts.data.over import Over
from ebgan_kit.types import Faces, joined


class StandIns(Over):
    """Data in which another face stands in for each that cannot be read.

    It is the next face of the same partition that can be read. So a broken face has the same
    stand-in in every epoch, on every process and in a resumed run.
    """

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces; warns of each that cannot be read. UsageError where none can be."""
        try:
            return self._data.__getitems__(indices)
        except UsageError:
            return joined([self._read(row) for row in torch.as_tensor(indices).tolist()])

    def _read(self, row: int) -> Faces:
        try:
            return self._data.__getitems__([row])
        except UsageError as problem:
            for other in self._after(row):
                try:
                    face = self._data.__getitems__([other])
                except UsageError:
                    continue
                warnings.warn(f"{problem}; the next face stands in for it", stacklevel=4)
                return face
            raise

    def _after(self, row: int) -> Iterator[int]:
        """The other rows of a row's partition, from there on and round."""
        count, partition = len(self), getattr(self._data, "partition", None)
        for other in chain(range(row + 1, count), range(row)):
            if partition is None or partition[other] == partition[row]:
                yield other


def read_all(data: Any, size: int, tell: Callable[[int, int], None]) -> None:
    """Read every face once, each core some of its own; UsageError names all that cannot be read.

    `tell(done, total)` is told how far it is.
    """
    faults: list[str] = []
    shares = pieces(0, len(data), size)
    with closing(in_threads(lambda rows: list(_faults(data, rows)), shares)) as found:
        for rows, of_these in zip(shares, found, strict=True):
            faults += of_these
            tell(rows.stop, len(data))
    if faults:
        raise UsageError(in_one_message("there are faces that cannot be read:", faults, WAY_OUT))


def _faults(data: Any, rows: Sequence[int]) -> Iterator[str]:
    """A sentence for each row that cannot be read."""
    try:
        data.__getitems__(rows)
    except UsageError as problem:
        if len(rows) == 1:
            yield str(problem)
        else:
            for row in rows:
                yield from _faults(data, [row])
