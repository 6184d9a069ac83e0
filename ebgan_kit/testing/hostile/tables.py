"""Hostile tables: attributes and landmarks of one's own photographs, and the lists of CelebA."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random

from ebgan_kit.testing.hostile import damage, values
from ebgan_kit.testing.hostile.command import Command, kit
from ebgan_kit.testing.hostile.sound import take

LISTS = ("list_attr_celeba.txt", "list_eval_partition.txt", "identity_CelebA.txt")


def tables(chance: Random, sound: Path) -> Command:
    """Mutate a table of a folder, and check a recipe on the data or look for landmarks."""
    return chance.choice((_celeba, _folder, _folder, _portraits))(chance, sound)


def _celeba(chance: Random, sound: Path) -> Command:
    take(sound, "tiny.toml", "celeba")
    path = Path("celeba") / chance.choice(LISTS)
    path.write_bytes(damage.damaged(path.read_bytes(), chance))
    return _checked("celeba", chance)


def _folder(chance: Random, sound: Path) -> Command:
    take(sound, "tiny.toml", "folder")
    path = Path("folder/labels.csv")
    path.write_bytes(_hostile(path.read_text(), chance))
    return _checked("folder", chance, "data.table=labels.csv")


def _portraits(chance: Random, sound: Path) -> Command:
    take(sound, "tiny.toml", "portraits")
    path = Path("portraits/portraits.csv")
    path.write_bytes(_hostile(path.read_text(), chance))
    if chance.random() < 0.2:
        return kit("landmarks", "portraits")
    return _checked("portraits", chance)


def _checked(data: str, chance: Random, *keys: str) -> Command:
    """Check a recipe on the folder that has the name of its data's part."""
    skip = ["--skip-broken"] if chance.random() < 0.3 else []
    on = (f"data.use={data}", f"data.root={data}", "data.size=64")
    return kit("check", "tiny.toml", *on, *keys, *skip)


def _hostile(text: str, chance: Random) -> bytes:
    if chance.random() < 0.3:
        return damage.damaged(text.encode(), chance)
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        _change(rows, chance)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-7"))
    return _as_csv(rows, chance).encode(encoding, "replace")


def _change(rows: list[list[str]], chance: Random) -> None:
    """Change a cell, a row or a column."""
    row = chance.choice(rows)
    way = chance.randrange(6)
    if way < 3 and row:
        place = chance.randrange(len(row))
        row[place] = chance.choice((*_CELLS, chance.choice(values.TEXTS)))
    elif way == 3:
        rows.append(chance.choice((row, [], row[:1], [*row, "1"], row * 500)))
    elif way == 4:
        rows.remove(row)
        rows = rows or [[""]]
    else:
        for number, each in enumerate(rows):
            each.insert(0, str(number))


_CELLS = ("True", "False", "1.0", "0.0", "-1", "2", "yes", "", " 1 ", '"', "'", "/etc/passwd", "00")


def _as_csv(rows: list[list[str]], chance: Random) -> str:
    buffer = io.StringIO()
    delimiter = chance.choice((",", ",", ",", ";", "\t", "|", " "))
    dialect = chance.choice(("excel", "excel", "unix"))
    end = chance.choice(("\n", "\n", "\r\n", "\r"))
    writer = csv.writer(buffer, dialect, delimiter=delimiter, lineterminator=end)
    writer.writerows(rows)
    text = buffer.getvalue()
    if chance.random() < 0.1:
        text = text.replace(",", ',"', 1)  # a quotation that nothing ends
    return text
