"""A file of packed faces while it is written: rows go to their places, and a stop loses few."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import writing

NOTED = 1024
"""After so many rows the file notes how far it is: no stop costs more than these."""

_NOTE = 8  # bytes of the note, which is a number

_CODES = {torch.uint8: "U8", torch.float32: "F32", torch.int64: "I64"}


@dataclass(frozen=True)
class Layout:
    """Where the rows of each tensor stand in a safetensors file."""

    count: int
    header: bytes
    starts: dict[str, int]
    """Where a tensor's first row begins, in bytes from the beginning of the file."""
    widths: dict[str, int]
    """How long a row of it is, in bytes."""

    @property
    def end(self) -> int:
        """How long the file is."""
        return len(self.header) + self.count * sum(self.widths.values())


def layout_of(metadata: Mapping[str, str], piece: Mapping[str, Tensor], count: int) -> Layout:
    """The layout of `count` rows like those of `piece`: tensors [B, ...] by name."""
    # the widest numbers first, so that each stands at a multiple of its own width
    named = sorted(piece.items(), key=lambda item: (-item[1].itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    offsets, widths, place = {}, {}, 0
    for name, tensor in named:
        offsets[name], widths[name] = place, tensor[:1].nbytes
        place += count * widths[name]
        header[name] = {
            "dtype": _CODES[tensor.dtype],
            "shape": [count, *tensor.shape[1:]],
            "data_offsets": [offsets[name], place],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    whole = len(text).to_bytes(8, "little") + text
    return Layout(count, whole, {n: len(whole) + at for n, at in offsets.items()}, widths)


class Packing:
    """A file some of whose rows are written, the first `done` of them.

    Until it is whole, a number after its last row says how many are. No safetensors file may be
    longer than its header says, so nobody takes this one for whole.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        """Go on with what is at `path` if its header is the same, else begin it anew."""
        self.path, self.layout = path, layout
        with writing(self.path):
            self._file = _opened(path, layout)
            self.done = self._noted = self._read_note()

    def add(self, piece: Mapping[str, Tensor]) -> None:
        """Write the next rows: of each tensor [B, ...]."""
        count = len(next(iter(piece.values())))
        sizes = {name: tensor.nbytes for name, tensor in piece.items()}
        if sizes != {name: count * width for name, width in self.layout.widths.items()}:
            raise UsageError(
                f"{self.path}: after {self.done} faces the data gives other things of a face than "
                "of the first: all must have the same size, and the same be known of each"
            )
        with writing(self.path):
            for name, tensor in piece.items():
                self._file.seek(self.layout.starts[name] + self.done * self.layout.widths[name])
                self._file.write(tensor.numpy().data)
        self.done += count
        if self.done - self._noted >= NOTED:
            self._note()

    def close(self) -> None:
        """Note how far it is, and leave it."""
        self._note()
        self._file.close()

    def finish(self, output: Path) -> None:
        """Give the whole file, which is closed, its name."""
        with writing(self.path):
            os.truncate(self.path, self.layout.end)
            os.replace(self.path, output)

    def _note(self) -> None:
        """Rows are on the disk before they are said to be: a power cut leaves no empty faces."""
        with writing(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.seek(self.layout.end)
            self._file.write(self.done.to_bytes(_NOTE, "little"))
            self._file.flush()
        self._noted = self.done

    def _read_note(self) -> int:
        self._file.seek(self.layout.end)
        return min(int.from_bytes(self._file.read(_NOTE), "little"), self.layout.count)


def _opened(path: Path, layout: Layout) -> BinaryIO:
    """The file, begun: its header, room for all rows, and the note that none is done."""
    if _is_begun(path, layout):
        return open(path, "r+b")
    if path.exists():
        warnings.warn(
            f"{path} was begun from another [data], or by another version of the kit: begun anew",
            stacklevel=2,
        )
        path.unlink()
    _check_room(path.parent, layout.end)
    file = open(path, "w+b")  # noqa: SIM115
    file.write(layout.header)
    file.truncate(layout.end + _NOTE)
    return file


def _is_begun(path: Path, layout: Layout) -> bool:
    if not path.is_file() or path.stat().st_size != layout.end + _NOTE:
        return False
    with open(path, "rb") as file:
        return file.read(len(layout.header)) == layout.header


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UsageError(
            f"{folder}: the packed faces take {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB "
            "are free: make room, or pack them smaller by data.size"
        )
