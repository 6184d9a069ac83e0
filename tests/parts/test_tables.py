"""Tables of attributes as people have them: read, or one sentence with the cause."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.folder import Folder

NAMES = ("ann.jpg", "ben.jpg", "more/cleo.jpg", "more/dan.jpg")
LABELS = [[1, 0], [0, 1], [1, 1], [0, 0]]

Read = Callable[..., Folder]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(text)`: the folder of four images, with a table of that text or these bytes."""

    def reading(text: str | bytes, names: tuple[str, ...] = NAMES, **keys: object) -> Folder:
        root = tmp_path / "faces"
        for number, name in enumerate(names):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), (20 * number, 0, 0)).save(root / name)
        table = tmp_path / "labels.csv"
        table.write_bytes(text if isinstance(text, bytes) else text.encode())
        partitions = ("train", "valid", "test")
        return Folder(root=root, table=table, size=16, partitions=partitions, **keys)

    return reading


def table(row: str, head: str = "file,Smiling,Male", names: tuple[str, ...] = NAMES) -> str:
    """A table with one row per face, where `row` is written with {n}, {file}, {a} and {b}."""
    rows = [
        row.format(n=n, file=file, stem=file[:-4], a=a, b=b, A=bool(a), B=bool(b))
        for n, (file, (a, b)) in enumerate(zip(names, LABELS, strict=True))
    ]
    return "\n".join([head, *rows]) + "\n"


PLAIN = table("{file},{a},{b}")

READABLE = {
    "commas": PLAIN,
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16, as Excel's Unicode text": PLAIN.replace(",", "\t").encode("utf-16"),
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "Excel's first line": "sep=;\n" + PLAIN.replace(",", ";"),
    "Windows' line ends": PLAIN.replace("\n", "\r\n"),
    "old line ends": PLAIN.replace("\n", "\r"),
    "blank lines": "\n" + PLAIN.replace("\n", "\n\n"),
    "blanks beside commas": PLAIN.replace(",", " , "),
    "quotes": table('"{file}","{a}","{b}"', '"file","Smiling","Male"'),
    "empty columns at the end": table("{file},{a},{b},,", "file,Smiling,Male,,"),
    "rows of commas at the end": PLAIN + ",,\n,,\n",
    "an index column of pandas": table("{n},{file},{a},{b}", ",file,Smiling,Male"),
    "an index column with a name": table("{n},{file},{a},{b}", "Unnamed: 0,file,Smiling,Male"),
    "row names of R": table("{n},{file},{a},{b}"),
    "file names as the index": table("{file},{a},{b}", ",Smiling,Male"),
    "True and False": table("{file},{A},{B}"),
    "true and FALSE": table("{file},{A},{B}").replace("True", "true").replace("False", "FALSE"),
    "1.0 and 0.0": table("{file},{a}.0,{b}.0"),
    "1,0 and 0,0": table("{file};{a},0;{b},0", "file;Smiling;Male"),
    "-1 and 1": PLAIN.replace(",0", ",-1"),
    "absolute paths of elsewhere": table("/home/eve/my faces/{file},{a},{b}"),
    "absolute paths of Windows": table(r"C:\Eve\faces\{file},{a},{b}").replace("/", "\\"),
    "paths from another folder": table("data/faces/{file},{a},{b}"),
    "paths that begin with a dot": table("./{file},{a},{b}"),
    "back slashes": PLAIN.replace("/", "\\"),
    "no suffix": table("{stem},{a},{b}"),
    "no suffix, after an index": table("{n},{stem},{a},{b}", ",file,Smiling,Male"),
    "absolute paths without suffix": table("/home/eve/{stem},{a},{b}"),
    "suffixes in capitals": PLAIN.replace(".jpg", ".JPG"),
}


@pytest.mark.parametrize("case", READABLE)
def test_a_table_is_read(read: Read, case: str) -> None:
    data = read(READABLE[case])
    assert data.attributes == ("Smiling", "Male")
    assert data.__getitems__(range(4)).attributes.tolist() == LABELS
    assert data.skipped == 0


def test_a_table_in_the_folder_is_not_passed_over(read: Read, tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "link.csv").symlink_to(tmp_path / "labels.csv")
    with pytest.warns(UserWarning, match=r"files passed over: 1 \(1 with the suffix \.csv\)"):
        read(PLAIN)
    (tmp_path / "faces" / "link.csv").unlink()
    table = (tmp_path / "labels.csv").rename(tmp_path / "faces" / "own.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for named in (table, Path("own.csv")):
            Folder(root=tmp_path / "faces", table=named)


def test_a_folder_that_all_images_lie_in_may_be_left_out(read: Read) -> None:
    data = read(table("{file},{a},{b}"), names=tuple(f"images/{name}" for name in NAMES))
    assert data.__getitems__(range(4)).attributes.tolist() == LABELS


def test_absolute_paths_of_here(read: Read, tmp_path: Path) -> None:
    data = read(table(f"{tmp_path}/faces/{{file}},{{a}},{{b}}"))
    assert data.__getitems__(range(4)).attributes.tolist() == LABELS


ACCENTS = ("andré.jpg", "bjørn.jpg", "more/chloé.jpg", "more/dörte.jpg")


@pytest.mark.parametrize("in_table", ["NFC", "NFD", "latin-1", "cp1252"])
@pytest.mark.parametrize("on_disk", ["NFC", "NFD", "latin-1"])
def test_a_name_is_the_same_however_it_is_spelled(read: Read, in_table: str, on_disk: str) -> None:
    def spelled(text: str, how: str) -> bytes:
        if how.startswith("NF"):
            return unicodedata.normalize(how, text).encode()
        return text.encode(how)

    names = tuple(spelled(name, on_disk).decode("utf-8", "surrogateescape") for name in ACCENTS)
    data = read(spelled(table("{file},{a},{b}", names=ACCENTS), in_table), names=names)
    assert data.__getitems__(range(4)).attributes.tolist() == LABELS


def test_an_exact_name_goes_before_one_that_is_alike(read: Read) -> None:
    names = ("ann.JPG", "ann.jpg", "ann.png", "ann")
    data = read(table("{file},{a},{b}", names=(*names[:3], "Ann.jpg")), names[:3], skip_broken=True)
    assert data.__getitems__(range(3)).attributes.tolist() == LABELS[:3]


UNREADABLE = {
    "an unclosed quote": (
        PLAIN.replace("ben", '"ben') + ",,\n" * 60_000,
        "labels.csv:3: a quote is opened and not closed",
    ),
    "an unclosed quote at the end": (PLAIN + '"x,1,1', "labels.csv:6: a quote is opened and not"),
    "a cell beyond all measure": (PLAIN + "x" * 200_000, "labels.csv:6: it cannot be read (field"),
    "a spreadsheet": (b"PK\x03\x04" + bytes(200), "labels.csv: it is no text: save the table as"),
    "nothing": ("", "labels.csv: it is empty"),
    "another separator below": (
        "file;Smiling;Male\n" + PLAIN.partition("\n")[2],
        "labels.csv: no row begins with the name of an image: the first has ann.jpg,1,0, and",
    ),
    "rows without values": (
        "file,Smiling\n" + "\n".join(NAMES),
        "labels.csv:2: ann.jpg has 0 values for 1 columns, and no other row fits either",
    ),
    "files in the last column": (
        table("{a},{file}", "Smiling,file"),
        "labels.csv: no row begins with the name of an image: the first has 1, and there",
    ),
    "a list of CelebA's": (
        "4\n" + PLAIN.replace(",", " "),
        "labels.csv:1: there is no attribute after the column of file names; commas, semicolons or",
    ),
    "one column": (PLAIN.replace(",", " "), "semicolons or tabs set columns apart"),
    "another column": (
        table("{file},3{n},{a}", "file,age,Male"),
        "labels.csv:2: the column 'age' holds '30', and in no row an attribute, which is 1, 0 or",
    ),
    "words of its own": (table("{file},yes,{a}"), "the column 'Smiling' holds 'yes', and in no"),
    "another value": (PLAIN.replace("ben.jpg,0", "ben.jpg,?"), "labels.csv:3: an attribute is 1,"),
    "no value": (PLAIN.replace("ben.jpg,0", "ben.jpg,"), "labels.csv:3: an attribute is"),
    "other images": (
        table("x{n}.jpg,{a},{b}"),
        "no row begins with the name of an image: the first has x0.jpg, and there is ann.jpg",
    ),
    "no header": (PLAIN.partition("\n")[2].replace("1", "True"), "'True' is no name of a column"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_one_sentence_says_why_a_table_cannot_be_read(read: Read, case: str) -> None:
    text, sentence = UNREADABLE[case]
    with pytest.raises(UsageError) as said:
        read(text)
    assert sentence in str(said.value)
    assert len(str(said.value).splitlines()) < 6
