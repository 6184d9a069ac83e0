"""Hostile pictures, of any mode and format that Pillow writes."""

from __future__ import annotations

import io
import zlib
from random import Random
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from ebgan_kit.testing.hostile.damage import damaged
from ebgan_kit.testing.hostile.hollow import hollow, png

MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "F", "I;16", "I;16B", "I;16L",
)  # fmt: skip

FORMATS = (
    *("PNG", "JPEG", "TIFF") * 6, *("WEBP", "BMP", "GIF", "PPM", "MPO") * 2,
    "ICO", "TGA", "PCX", "SGI", "JPEG2000", "AVIF", "DDS", "IM", "MSP", "XBM", "EPS", "PDF",
    "SPIDER", "BLP", "QOI", "DIB", "ICNS",
)  # fmt: skip

SIZES = (
    (178, 218), (178, 218), (178, 218), (218, 178), (64, 64), (1, 1), (1, 200), (200, 1), (2, 2),
    (3, 300), (3_000, 1), (1, 9_000), (700, 500), (40, 41),
)  # fmt: skip


def picture(chance: Random, mask_of: tuple[int, int] | None = None) -> bytes:
    """A picture of any mode and format, with odd words beside its pixels; half are damaged.

    `mask_of`: the size of a photograph of which it is a mask, mostly black but in the middle.
    """
    if chance.random() < 0.1:
        return hollow(chance)
    grey = _few_levels(chance, mask_of or chance.choice(SIZES))
    if mask_of and chance.random() < 0.8:
        grey = _middle(grey)
    content = _written(grey, chance)
    return damaged(content, chance) if chance.random() < 0.5 else content


def _few_levels(chance: Random, size: tuple[int, int]) -> Image.Image:
    side = chance.choice((2, 4, 4, 9))
    return Image.frombytes("L", (side, side), chance.randbytes(side * side)).resize(size)


def _middle(grey: Image.Image) -> Image.Image:
    """The picture's middle, on black."""
    width, height = grey.size
    box = 2 * width // 5, 2 * height // 5, 3 * width // 5, 3 * height // 5
    alone = Image.new("L", grey.size)
    alone.paste(grey.crop(box), box)
    return alone


def _written(grey: Image.Image, chance: Random) -> bytes:
    mode = chance.choice(("RGB", "RGB", "RGB", "L", *MODES))
    kind = chance.choice(FORMATS)
    image = _in_mode(grey, mode, chance)
    for candidate, how in ((image, _beside(kind, mode, chance)), (image, {}), (grey, {})):
        buffer = io.BytesIO()
        try:
            candidate.save(buffer, kind, **how)
            return buffer.getvalue()
        except Exception:  # no such mode in this format, or words that it does not take
            continue
    return png(grey.size, (b"IDAT", zlib.compress(bytes((grey.width + 1) * grey.height))))


def _in_mode(grey: Image.Image, mode: str, chance: Random) -> Image.Image:
    """The picture in another mode, some of it transparent where that can be."""
    if mode in ("La", "RGBa"):
        return grey.convert("LA" if mode == "La" else "RGBA").convert(mode)
    if mode == "LAB":
        return Image.merge("LAB", (grey, grey, grey))
    if mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        return grey.convert("I").point(lambda level: level * 257).convert(mode)
    image = grey.convert(mode) if mode in ("LA", "PA") else grey.convert("RGB").convert(mode)
    if "A" in image.getbands() and chance.random() < 0.7:
        image.putalpha(_few_levels(chance, grey.size))
    return image


def _beside(kind: str, mode: str, chance: Random) -> dict[str, Any]:
    """What a file says beside its pixels: orientation, colours, texts, more pictures."""
    how: dict[str, Any] = {}
    if chance.random() < 0.4:
        how["exif"] = _exif(chance)
    if chance.random() < 0.25:
        how["icc_profile"] = _profile(chance)
    if kind == "PNG" and chance.random() < 0.3:
        how["pnginfo"] = _texts(chance)
    if kind == "PNG" and chance.random() < 0.1:
        how["transparency"] = chance.choice((0, 255, b"\0", b"\0" * 256, (0, 0, 0)))
    if kind in ("PNG", "GIF", "WEBP", "TIFF", "MPO") and chance.random() < 0.1:
        other = [Image.new("RGB", chance.choice(SIZES)) for _ in range(2)]
        how |= {"save_all": True, "append_images": other}
    if kind == "JPEG" and chance.random() < 0.3:
        how |= {"progressive": True, "quality": chance.choice((1, 50, 100))}
    if kind == "TIFF" and chance.random() < 0.5:
        ways = ("tiff_lzw", "tiff_deflate", "packbits", "jpeg" if mode in ("L", "RGB") else None)
        how["compression"] = chance.choice(ways)  # of other modes, JPEG breaks Pillow itself
    return how


def _exif(chance: Random) -> bytes:
    """An orientation, and other words of odd types; or bytes that are none."""
    if chance.random() < 0.2:
        return b"Exif\0\0" + chance.choice((b"", b"II*\0", chance.randbytes(40), b"MM\0*" * 99))
    exif = Image.Exif()
    orientations = (1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65_535, "6", (6, 6), 6.5, b"\6", 2**31)
    exif[0x0112] = chance.choice(orientations)
    if chance.random() < 0.4:
        tag = chance.choice((0x0100, 0x0101, 0x8769, 0x8825, 0x014A, 0x9286, 0x0111, 0xFFFF))
        exif[tag] = chance.choice(("178", "\xff" * 9, 2**31, (1, 2, 3), b"\0" * 70_000, 1.5))
    try:
        return exif.tobytes()
    except Exception:  # Pillow does not write such a tag
        return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def _profile(chance: Random) -> bytes:
    made = [ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")]
    profile = ImageCms.ImageCmsProfile(chance.choice(made)).tobytes()
    return chance.choice(
        (profile, profile, profile[:100], b"", bytes(2**21), damaged(profile, chance))
    )


def _texts(chance: Random) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    text = chance.choice(("a", "\xff", "a" * 2**21, "<x:xmpmeta>", "Raw profile type exif\n" * 9))
    info.add_text(chance.choice(("Comment", "exif", "XML:com.adobe.xmp")), text, zip=True)
    info.add_itxt("Raw profile type exif", chance.choice(("\nexif\n 8\n0011223344", text)))
    return info
