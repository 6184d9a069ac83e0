"""Pictures whose headers promise what is not there, or too much of it."""

from __future__ import annotations

import struct
import zlib
from random import Random


def hollow(chance: Random) -> bytes:
    """A picture with a header that lies."""
    return chance.choice(_WAYS)(chance)


def png(
    sides: tuple[int, int], *chunks: tuple[bytes, bytes], bits: int = 8, colours: int = 0
) -> bytes:
    """A PNG whose header says these sides, with these chunks."""
    header = struct.pack(">IIBBBBB", *sides, bits, colours, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def tiff(width: int, height: int, *, again: bool, length: int) -> bytes:
    """A TIFF whose directory asks for a size, or points at itself."""
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, length),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8 if again else 0)


_LONG = (60, 6_000, 20_000, 100_000, 2**31 - 1)


def _png(chance: Random) -> bytes:
    sides = chance.choice(_LONG), chance.choice(_LONG)
    pixels = zlib.compress(bytes(chance.choice((0, 1, 10**6))))
    bits, colours = chance.choice(((1, 0), (8, 0), (16, 0), (8, 2), (16, 6), (8, 3), (3, 7)))
    return png(sides, (b"IDAT", pixels), bits=bits, colours=colours)


def _text_bomb(chance: Random) -> bytes:
    bomb = b"a\0\0" + zlib.compress(bytes(10**8))
    name = chance.choice((b"zTXt", b"iCCP"))
    return png((8, 8), (name, bomb), (b"IDAT", zlib.compress(bytes(72))))


def _tiff(chance: Random) -> bytes:
    sides = chance.choice(_LONG), chance.choice(_LONG)
    return tiff(*sides, again=chance.random() < 0.3, length=chance.choice((0, 9, 2**31)))


def _simple(chance: Random) -> bytes:
    """A header of a simple format that promises more than there is."""
    sides = chance.choice(_LONG), chance.choice(_LONG)
    return chance.choice(
        (
            b"P6 %d %d 255\n" % sides + bytes(99),
            b"P4 %d %d\n" % sides + bytes(99),
            b"Pf %d %d -1.0\n" % sides + bytes(99),
            b"GIF89a" + struct.pack("<HH", sides[0] % 65_536, sides[1] % 65_536) + bytes(9),
            b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, *sides, 1, 24, 0) + bytes(99),
            b'<!DOCTYPE s [<!ENTITY a "b">]><svg width="%d" height="%d">&a;</svg>' % sides,
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(../ran) (w) file\n",
        )
    )


_WAYS = (_png, _png, _text_bomb, _tiff, _simple)
