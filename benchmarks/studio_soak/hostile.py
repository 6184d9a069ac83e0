"""Files that are no photographs, or ask for more than a photograph takes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

from PIL import Image


def _written(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((96, 96), 80).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def _half(kind: str) -> bytes:
    content = _written(kind)
    return content[: len(content) // 2]


def _png(width: int, height: int, bits: int, *chunks: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    parts = ((b"IHDR", header), *chunks, (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("face.png", bytes(2**26))
    return buffer.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"this is text",
    "noise": lambda: Random(0).randbytes(50_000),
    "script": lambda: b"<html><script>alert(1)</script></html>",
    "pickle": lambda: b"cos\nsystem\n(S'touch harm'\ntR.",
    "zip bomb": _zip_bomb,
    "half a PNG": lambda: _half("PNG"),
    "half a JPEG": lambda: _half("JPEG"),
    "half a WebP": lambda: _half("WEBP"),
    "half a TIFF": lambda: _half("TIFF"),
    "a PNG of a billion pixels": lambda: _png(100_000, 100_000, 8),
    "a PNG bomb": lambda: _png(60_000, 60_000, 1, (b"IDAT", zlib.compress(bytes(10**8)))),
    "a PNG that is large": lambda: _png(7_000, 7_000, 8, (b"IDAT", zlib.compress(bytes(10**7)))),
    "a text bomb": lambda: _png(8, 8, 8, (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
    "a GIF of a billion pixels": lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(9),
    "a PPM that lacks its pixels": lambda: b"P6 6000 6000 255\n" + bytes(99),
    "a model": lambda: struct.pack("<Q", 2**63) + b"{}",
}
"""By name."""
