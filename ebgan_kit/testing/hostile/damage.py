"""What a stranger does to the bytes of sound inputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

from ebgan_kit.testing.hostile.values import CANARY, TEXTS


class Harm:
    """A pickle that makes the canary where it is read by what runs it."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (f"touch {CANARY}",)


def damaged(content: bytes, chance: Random) -> bytes:
    """Change a file's bytes at one to four places."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(_DAMAGE)(content, chance)
    return content


def _place(content: bytes, chance: Random) -> int:
    """Mostly near the beginning, where headers are."""
    end = min(len(content), chance.choice((16, 64, 512, 4096, len(content))))
    return chance.randint(0, max(0, end - 1))


def _overwritten(content: bytes, place: int, piece: bytes) -> bytes:
    return content[:place] + piece + content[place + len(piece) :]


def _flip(content: bytes, chance: Random) -> bytes:
    place = _place(content, chance)
    piece = bytes(byte ^ (1 << chance.randrange(8)) for byte in content[place : place + 1])
    return _overwritten(content, place, piece)


def _noise(content: bytes, chance: Random) -> bytes:
    return _overwritten(content, _place(content, chance), chance.randbytes(chance.randint(1, 64)))


def _length(content: bytes, chance: Random) -> bytes:
    """Write a number over four or eight bytes, as a length in a header is."""
    width = chance.choice((2, 4, 8))
    value = chance.choice((0, 1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1))
    piece = (value % 256**width).to_bytes(width, chance.choice(("little", "big")))
    return _overwritten(content, _place(content, chance), piece)


def _cut_end(content: bytes, chance: Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _cut_out(content: bytes, chance: Random) -> bytes:
    place = _place(content, chance)
    return content[:place] + content[place + chance.choice((1, 2, 100, 5_000)) :]


def _insert(content: bytes, chance: Random) -> bytes:
    place = _place(content, chance)
    piece = chance.choice((b"\0", b"\n", b"[" * 100_000, chance.randbytes(9), _hostile(chance)))
    return content[:place] + piece + content[place:]


def _hostile(chance: Random) -> bytes:
    return chance.choice(TEXTS).encode("utf-8", "surrogatepass")


def _splice(content: bytes, chance: Random) -> bytes:
    """Lay a piece of the file over another."""
    start = _place(content, chance)
    piece = content[start : start + chance.choice((4, 64, 1024))]
    return _overwritten(content, _place(content, chance), piece)


def _blank(content: bytes, chance: Random) -> bytes:
    length = chance.choice((1, 8, 512, 100_000))
    place = _place(content, chance)
    return content[:place] + bytes(len(content[place : place + length])) + content[place + length :]


def _append(content: bytes, chance: Random) -> bytes:
    return content + chance.choice((b"\0", b"\n", content, bytes(5_000), chance.randbytes(100)))


_DAMAGE = (_flip, _noise, _length, _cut_end, _cut_out, _insert, _splice, _blank, _append)
