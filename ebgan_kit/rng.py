"""Random numbers that depend on a seed and on a number for each face, and on nothing else.

A run needs no random state: whatever is drawn for a face is a pure function of the run's seed and
of the face's place in the run. So a resumed run, or one on more processes, draws the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from zlib import crc32

import torch
from torch import Tensor

_GOLDEN = -0x61C8864680B583EB  # 2**64 divided by the golden ratio, as a signed number
_MIX_1 = -0x40A7B892E31B1A47
_MIX_2 = -0x6B2FB644ECCEEE15


@dataclass(frozen=True)
class Chance:
    """Independent random numbers for each of B faces."""

    seed: int
    number: Tensor
    """[B], int64: the face's number, such as its place in the run."""

    def stream(self, name: str) -> Chance:
        """Other random numbers for the same faces, such as for a second use of one part."""
        return Chance(self.seed ^ crc32(name.encode()) << 20, self.number)

    def uniform(self, name: str, count: int) -> Tensor:
        """[B, count] in [0, 1), float32. Each name is a stream of its own."""
        seed = torch.tensor(self.seed, device=self.number.device) * _GOLDEN
        stream = _mix(_mix(self.number + seed) + crc32(name.encode()))
        counter = torch.arange(1, count + 1, device=self.number.device) * _GOLDEN
        bits = _mix(stream[:, None] + counter)
        return (_shift(bits, 40)).float() / 2**24

    def normal(self, name: str, count: int) -> Tensor:
        """[B, count], standard normal (Box and Muller's transform), float32."""
        radius, angle = self.uniform(name, 2 * count).chunk(2, dim=1)
        return (-2 * torch.log1p(-radius)).sqrt() * torch.cos(2 * torch.pi * angle)


def of_step(seed: int, rank: int, images: int) -> int:
    """Derive the seed of torch's own generator for one process's step after so many images."""
    words = f"{seed} {rank} {images}".encode()
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "little")


def of_pairs(source: Tensor | None, exemplar: Tensor | None, seed: int = 0) -> Chance:
    """Random numbers for each pair of faces, by their indices [B]: the same pair, the same numbers.

    Each `seed` has numbers of its own. ValueError where the data does not say which rows its faces
    are.
    """
    if source is None or exemplar is None:
        raise ValueError("these faces have no index: what is drawn by chance needs one")
    return Chance(0, source * 1_000_003 + exemplar + _mix(torch.tensor(seed)))


def _mix(value: Tensor) -> Tensor:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014); int64 wraps around as it needs."""
    value = (value ^ _shift(value, 30)) * _MIX_1
    value = (value ^ _shift(value, 27)) * _MIX_2
    return value ^ _shift(value, 31)


def _shift(value: Tensor, bits: int) -> Tensor:
    """Shift right, filling with zeros: torch's own shift repeats the sign."""
    return (value >> bits) & ((1 << (64 - bits)) - 1)
