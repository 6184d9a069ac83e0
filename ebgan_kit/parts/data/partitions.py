"""The three parts of a data set: to train on, to choose by, to measure on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal
from zlib import crc32

import torch
from torch import Tensor

Partition = Literal["train", "valid", "test"]

PARTITIONS: tuple[Partition, ...] = ("train", "valid", "test")


def partition_codes(names: Iterable[Partition]) -> Tensor:
    """[N], uint8: which of `PARTITIONS` each name is."""
    return torch.tensor([PARTITIONS.index(name) for name in names], dtype=torch.uint8)


def partition_of(name: str) -> Partition:
    """Return the partition of a name by its hash: of ten, eight train, one is valid, one test.

    A name stays in its partition when others come or go.
    """
    tenth = crc32(os.fsencode(name)) % 10
    return "valid" if tenth == 8 else "test" if tenth == 9 else "train"
