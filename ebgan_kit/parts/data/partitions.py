"""The three parts of a data set: to train on, to choose by, to measure on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor

Partition = Literal["train", "valid", "test"]

PARTITIONS: tuple[Partition, ...] = ("train", "valid", "test")


def partition_codes(names: Iterable[Partition]) -> Tensor:
    """[N], uint8: which of `PARTITIONS` each name is."""
    return torch.tensor([PARTITIONS.index(name) for name in names], dtype=torch.uint8)
