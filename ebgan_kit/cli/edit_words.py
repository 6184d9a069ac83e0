"""What an edit is asked for, in the words of the command line."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ebgan_kit.editing.request import Change
from ebgan_kit.editing.switches import Switches
from ebgan_kit.errors import UsageError, nearest
from ebgan_kit.images.crop import Eyes

N = TypeVar("N", int, float)

_WORDS = ("from", "in", "with", "without", "eyes", "face", "strength")

_ADD_UP = ("with", "without")
"""The words that may stand again."""


def changes(
    texts: Sequence[str],
    exemplar: Path | None,
    regions: Sequence[str] | None,
    mask: Path | None,
    exemplar_mask: Path | None,
    on: Sequence[str] | None,
    off: Sequence[str] | None,
    eyes_text: str | None,
    face: int | None,
    strength: float,
) -> list[Change[Path]]:
    """The changes of some texts, see `change`, or the one that several options say together."""
    if texts:
        how = (exemplar, regions, mask, exemplar_mask, on, off, eyes_text, face)
        refuse_beside("--change", *how, strength != 1)
        return [change(text) for text in texts]
    if exemplar is None:
        raise UsageError("nothing says what to change: give --exemplar, or --change")
    if regions and mask:
        raise UsageError("give a --region or a --mask, not both")
    filled = tuple(regions) if regions else mask
    switched = switches(on or [], off or [])
    return [Change(exemplar, filled, exemplar_mask, switched, eyes(eyes_text), face, strength)]


def change(text: str) -> Change[Path]:
    """Such as `mouth from b.png without Mustache`: what is filled, then words and what they say.

    What is filled: regions with commas between them, or a picture. `from`: the exemplar. `in`:
    where the exemplar has it. `with`, `without`: attributes, with commas, and as often as there are
    any. `eyes`: the exemplar's. `face`: which of its faces; 1 is the largest. `strength`: how far
    attributes go, from 0 to 2.
    """
    filled, said = _said(text)
    on, off = (_list(",".join(said[word])) for word in _ADD_UP)
    one = {word: values[0] for word, values in said.items() if values and word not in _ADD_UP}
    if "from" not in one:
        raise _no_change(text)
    where = _mask(one["in"]) if "in" in one else None
    face = _number(int, one["face"], text) if "face" in one else None
    strength = _number(float, one["strength"], text) if "strength" in one else 1
    how = switches(on, off), eyes(one.get("eyes")), face, strength
    return Change(Path(one["from"]), _mask(filled), where, *how)


def _number(kind: Callable[[str], N], said: str, text: str) -> N:
    try:
        return kind(said)
    except ValueError:
        raise UsageError(f"'{text}': '{said}' is no number") from None


def _said(text: str) -> tuple[str, dict[str, list[str]]]:
    """What a text says is filled, and all that stands after each of the words.

    UsageError for a word that is none, or that may stand once and is there again.
    """
    try:
        filled, *rest = shlex.split(text)
        pairs = list(zip(rest[::2], rest[1::2], strict=True))
    except ValueError:
        raise _no_change(text) from None
    if not all([filled, *(value for _, value in pairs)]):
        raise _no_change(text)
    said: dict[str, list[str]] = {word: [] for word in _WORDS}
    for word, value in pairs:
        if word not in said:
            raise UsageError(f"'{text}': '{word}' says nothing here{nearest(word, _WORDS)}")
        if said[word] and word not in _ADD_UP:
            raise UsageError(
                f"'{text}': says '{word}' twice; give it once, and a --change of its own for "
                "another exemplar"
            )
        said[word].append(value)
    return filled, said


def _no_change(text: str) -> UsageError:
    return UsageError(
        f"'{text}' is not a change: write it like 'mouth from b.png without Mustache'"
    )


def switches(on: Sequence[str], off: Sequence[str]) -> Switches:
    """UsageError for an attribute that is both."""
    both = sorted({*on} & {*off})
    if both:
        raise UsageError(f"{', '.join(both)}: switched on and off at once; say one of the two")
    return dict.fromkeys(on, True) | dict.fromkeys(off, False)


def eyes(text: str | None) -> Eyes | None:
    """Four numbers with commas between them, or six where the mouth is told, too."""
    if text is None:
        return None
    try:
        numbers: Any = tuple(map(float, text.split(",")))
    except ValueError:
        numbers = ()
    if len(numbers) not in (4, 6):
        raise UsageError(f"'{text}' are no eyes: write x,y,x,y in pixels of the upright photograph")
    return numbers


def refuse_beside(option: str, *others: Any) -> None:
    """UsageError where others are said beside an option that says all."""
    if any(others):
        raise UsageError(f"{option} says all of it: leave the other options out")


def _mask(text: str) -> tuple[str, ...] | Path:
    """A picture has an ending, and no region has one."""
    return Path(text) if Path(text).suffix else tuple(_list(text))


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
