"""What strangers send to the editor in the browser: a sentence each, and memory within bounds."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from fixtures.photographs import MASKS, ODD_EXIF, PLAIN_MASK, box, exif_of, photograph
from fixtures.photographs import written as in_bytes
from fixtures.pickles import Harm
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.studio import steps, uploads
from ebgan_kit.studio.person import MOST_UPLOADS, People, Person
from ebgan_kit.studio.photo import Photo, png, url
from ebgan_kit.studio.work import Choice, Work


def written(kind: str, width: int = 64, height: int = 64, **how: object) -> bytes:
    buffer = io.BytesIO()
    photograph(width, height).save(buffer, kind, **how)
    return buffer.getvalue()


def a_png(width: int, height: int, *chunks: tuple[bytes, bytes], bits: int = 8) -> bytes:
    """A PNG of grey levels with these chunks."""
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def a_zip(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(megabytes * 2**20))
    return buffer.getvalue()


def a_tiff(width: int, height: int, again: bool = False) -> bytes:
    """A TIFF whose directory asks for a size, or points at itself."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
               (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, 2**31)]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8 if again else 0)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"this is text",
    "noise": lambda: photograph(64, 64).tobytes(),
    "a page with a script": lambda: b"<html><script>alert(1)</script></html>",
    "a drawing with an entity": lambda: b'<!DOCTYPE s [<!ENTITY a "b">]><svg>&a;</svg>',
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "PDF": lambda: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "a pickle": lambda: pickle.dumps(Harm()),
    "a zip": lambda: a_zip(0),
    "a zip bomb": lambda: a_zip(256),
    "half a PNG": lambda: written("PNG")[:2000],
    "half a JPEG": lambda: written("JPEG")[:1000],
    "half a WebP": lambda: written("WEBP")[:500],
    "half a GIF": lambda: written("GIF")[:1000],
    "only a signature": lambda: b"\x89PNG\r\n\x1a\n",
    "a PNG of a billion pixels": lambda: a_png(100_000, 100_000),
    "a PNG bomb": lambda: a_png(60_000, 60_000, (b"IDAT", zlib.compress(bytes(10**8))), bits=1),
    "a PNG that lacks its pixels": lambda: a_png(7_000, 7_000, (b"IDAT", zlib.compress(b"\0"))),
    "a PNG whose checksum is wrong": lambda: written("PNG").replace(b"IDAT", b"IDAU", 1),
    "a PNG with a text bomb": lambda: a_png(
        8, 8, (b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**8)))
    ),
    "a GIF of a billion pixels": lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(9),
    "a PPM whose header lies": lambda: b"P6 100000 100000 255\n" + bytes(99),
    "a PPM that lacks its pixels": lambda: b"P6 6000 6000 255\n" + bytes(99),
    "a BMP of negative size": lambda: written("BMP")[:18] + b"\xff" * 8 + bytes(400),
    "a TIFF of a billion pixels": lambda: a_tiff(2**31 - 1, 2**31 - 1),
    "a TIFF whose strip lies": lambda: a_tiff(6_000, 6_000),
    "a TIFF that points at itself": lambda: a_tiff(600, 600, again=True),
    "a model": lambda: struct.pack("<Q", 2) + b"{}",
    "a model whose header lies": lambda: struct.pack("<Q", 2**63) + b"{}",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_upload(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "hash"
    folder.mkdir()
    path = folder / "face.png"
    path.write_bytes(HOSTILE[kind]())
    with pytest.raises(UsageError) as caught:
        uploads.photograph(path)
    assert str(caught.value).startswith("face.png ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert "a pickle was run" not in capsys.readouterr().out
    assert not folder.exists()


def test_their_memory_is_bounded(tmp_path: Path) -> None:
    """All of them, one after the other: less than one photograph of the largest size takes."""
    for number, content in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.png").write_bytes(content())
    code = (
        "import resource, sys, pathlib\n"
        "from ebgan_kit.errors import UsageError\n"
        "from ebgan_kit.studio import uploads\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "for path in pathlib.Path(sys.argv[1]).glob('*.png'):\n"
        "    try: uploads.photograph(path)\n"
        "    except UsageError: pass\n"
        "print(peak() - before)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert int(child.stdout) < 3 * uploads.MOST_PIXELS / 2**20 + 100


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(bytes(uploads.LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="is larger than 25 MiB: make it smaller"):
        uploads.photograph(path)
    assert not path.exists()


def test_a_photograph_is_what_it_shows(tmp_path: Path) -> None:
    for name, mode in {"a.png": "RGBA", "a.jpg": "CMYK", "a.gif": "P", "a.tif": "L"}.items():
        picture = photograph(70, 90, "RGB" if mode == "P" else mode).convert(mode)
        folder = tmp_path / mode
        folder.mkdir()
        picture.save(folder / name)
        photo = uploads.photograph(folder / name)
        assert (photo.name, photo.image.mode, photo.image.size) == (name, "RGB", (70, 90))


def photo(width: int = 70, height: int = 90) -> Photo:
    return Photo.drawn("me.png", photograph(width, height))


def test_what_is_painted_is_cut_at_one_half() -> None:
    ramp = Image.linear_gradient("L").resize((70, 90))
    mask = uploads.painted(url(png(ramp), "image/png"), photo())
    assert mask.size == (70, 90)
    assert mask.getcolors() == [(45 * 70, 0), (45 * 70, 255)]


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_of_any_kind(name: str, tmp_path: Path) -> None:
    (tmp_path / "mask").mkdir()
    path = tmp_path / "mask" / "mask.png"
    path.write_bytes(MASKS[name])
    expected = PLAIN_MASK.tobytes()
    assert uploads.mask(path, photo()).tobytes() == expected
    assert uploads.painted(url(MASKS[name], "image/png"), photo()).tobytes() == expected


@pytest.mark.parametrize("name", ODD_EXIF)
@pytest.mark.filterwarnings("ignore")
def test_a_sound_photograph_with_odd_exif(name: str, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    path = tmp_path / "odd" / "me.jpg"
    path.write_bytes(in_bytes(photograph(70, 90), "JPEG", exif=exif_of(*ODD_EXIF[name])))
    assert uploads.photograph(path).image.size == (90, 70)


def test_a_photograph_that_says_much(tmp_path: Path) -> None:
    (tmp_path / "long").mkdir()
    path = tmp_path / "long" / "me.png"
    path.write_bytes(a_png(64, 64, (b"IDAT", zlib.compress(bytes(64 * 65))),
                           (b"zTXt", b"a\0\0" + zlib.compress(bytes(3 * 10**6)))))  # fmt: skip
    assert uploads.photograph(path).image.size == (64, 64)


def test_a_phones_heic(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    (tmp_path / "phone").mkdir()
    path = tmp_path / "phone" / "me.heic"
    heif.from_pillow(photograph(70, 90)).save(path)
    assert uploads.photograph(path).image.size == (70, 90)


@pytest.mark.parametrize("address", ["", "data:image/png;base64,%%%", "data:,aGk=", "None"])
def test_what_is_painted_is_no_picture(address: str) -> None:
    with pytest.raises(UsageError, match="what was painted is not an image"):
        uploads.painted(address, photo())


def test_a_mask_of_another_size(tmp_path: Path) -> None:
    photograph(64, 64).save(tmp_path / "mask.png")
    with pytest.raises(UsageError, match="the mask has 64x64 pixels and its photograph 70x90"):
        uploads.mask(tmp_path / "mask.png", photo())


def somebody() -> Person:
    return Person(Work("model", photo(), (Choice(photo()),)))


def test_one_person_brings_no_more_than_fits() -> None:
    person = somebody()
    for _ in range(MOST_UPLOADS):
        person.take(photo())
    with pytest.raises(UsageError, match="no more uploads fit here: go on in another tab"):
        person.take(photo())
    large = somebody()
    image = Image.new("1", (10_000, 5_000))
    for _ in range(3):
        large.take(Photo("large", image, photo().file))
    with pytest.raises(UsageError, match="no more uploads fit here"):
        large.take(Photo("large", image, photo().file))


def test_who_was_away_for_longest_is_forgotten() -> None:
    people = People(somebody)
    first, second = people["first"], people["second"]
    for number in range(14):
        people[str(number)]
    assert people["first"] is first
    people["one more"]
    assert len(people) == 16
    assert people["first"] is first
    assert people["second"] is not second


def test_a_tab_finds_its_person_again() -> None:
    people = People(somebody, away=0.2)
    person = people.come("page", "tab")
    people.leave("page")
    assert people.come("the page again", "tab") is person
    assert people["the page again"] is person
    assert people.come("another", "another tab") is not person
    time.sleep(0.5)
    assert people["the page again"] is person, "who came back is not forgotten"
    people.leave("the page again")
    people.leave("another")
    time.sleep(0.5)
    assert len(people) == 0
    assert people.come("later", "tab") is not person


def test_a_page_that_is_reloaded_before_the_old_one_is_gone() -> None:
    people = People(somebody, away=0.1)
    person = people.come("old", "tab")
    assert people.come("new", "tab") is person
    people.leave("old")
    time.sleep(0.3)
    assert people.come("newer", "tab") is person


def test_masks_that_can_be_undone_take_little_memory(tmp_path: Path) -> None:
    """Of a photograph as large as a phone's, stroke after stroke."""
    person, size = somebody(), (3_000, 3_000)
    person.do(person.work.with_source(Photo.drawn("me.png", Image.new("RGB", size)), None))
    mask = box(*size, 1_000, 1_000, 2_000, 2_000)
    for number in range(3):
        path = tmp_path / str(number) / "mask.png"
        path.parent.mkdir()
        mask.save(path)
        steps.bring_mask(MagicMock(), person, {"path": path})
    held = [work.choice.painted for work in (*person.past, person.work)]
    assert len(pickle.dumps(held)) < 100_000
    assert person.work.pictures().changes[0].mask == mask
    content = person.work.files().changes[0].mask.content
    assert Image.open(io.BytesIO(content)).convert("L") == mask
