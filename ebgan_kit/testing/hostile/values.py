"""What a stranger does to the values in sound inputs."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

CANARY = "../ran"
"""Seen from where a command runs: a file that an input makes which gets itself run."""

TEXTS = (
    "", " ", "\0", "\n", ".", "..", "/", "~", CANARY, "/dev/zero", "/dev/full", "/etc/passwd",
    "-o", "--help", f"$(touch {CANARY})", f"`touch {CANARY}`", f"; touch {CANARY}",
    f"| touch {CANARY}", f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"__import__('os').system('touch {CANARY}')", "os.system", "os:system", "builtins.exec",
    f"{{{{ cycler.__init__.__globals__.os.system('touch {CANARY}') }}}}",
    "{% include '/etc/passwd' %}", "{0.__class__.__init__.__globals__}", "%s%n%99999d",
    "[/b]", "[red]", "[link=file:///etc/passwd]x[/link]", "\x1b]0;title\x07", "\x1b[2J", "\r\b",
    "\u202e", "e\u0301", "\xe9", "\ud800", "\ufeff", "\U0001f642", "nan", "inf", "1e999", "true",
    "null", "0x10", "1_000", "local-dir:..", "hf_hub:nobody/nothing", "nobody/nothing",
    "https://127.0.0.2:9/a", "file:///etc/passwd", "a" * 300, "a" * 70_000, "9" * 5_000,
    "whole", "mouth", "use", "timm", "file", "ebgan-kit:whole", "not-shared", "__class__",
)  # fmt: skip

NUMBERS = (
    0, -1, 1, 2, 3, 7, 16, 64, 255, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64,
    -(2**63), 10**30, 10**400, 0.5, -0.5, 1.5, -0.0, 1e-320, 1e30, 1e308, float("nan"),
    float("inf"), float("-inf"),
)  # fmt: skip


def disturbed(document: Any, chance: Random) -> Any:
    """A copy of a document of dicts, lists and values, changed at one to three places."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(document))
        if not places:
            return value(chance)
        holder, key = chance.choice(places)
        chance.choice(_CHANGES)(holder, key, chance)
    return document


def _places(document: Any) -> Any:
    """Each value in a document, by what holds it and where."""
    if isinstance(document, dict | list):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from _places(document[key])


def _set(holder: Any, key: Any, chance: Random) -> None:
    holder[key] = value(chance)


def _delete(holder: Any, key: Any, chance: Random) -> None:
    del holder[key]


def _rename(holder: Any, key: Any, chance: Random) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(TEXTS)] = holder.pop(key)
    else:
        holder.insert(key, holder[key])


def _wrap(holder: Any, key: Any, chance: Random) -> None:
    holder[key] = chance.choice(([holder[key]], {"use": holder[key]}, [holder[key]] * 1000))


def _add(holder: Any, key: Any, chance: Random) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(TEXTS)] = value(chance)
    else:
        holder.append(value(chance))


def _lengthen(holder: Any, key: Any, chance: Random) -> None:
    """A text with more in it, or a number that is another one."""
    if isinstance(holder[key], str):
        holder[key] += chance.choice(TEXTS)
    else:
        holder[key] = chance.choice(NUMBERS)


_CHANGES = (_set, _set, _delete, _rename, _wrap, _add, _lengthen, _lengthen)


def value(chance: Random, depth: int = 0) -> Any:
    """Any value that JSON or TOML can hold, of an extreme kind."""
    kind = chance.randrange(8)
    if kind < 3:
        return chance.choice(NUMBERS)
    if kind < 6 or depth > 2:
        return chance.choice(TEXTS)
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.choice((0, 1, 2, 5)))]
    return chance.choice((True, False, {}, {chance.choice(TEXTS): value(chance, depth + 1)}))


def as_json(document: Any, chance: Random) -> str:
    """The document as JSON, and now and then as text that a parser trips over."""
    text = json.dumps(document, ensure_ascii=chance.random() < 0.7)
    if chance.random() < 0.85:
        return text
    return chance.choice(
        (
            "[" * 100_000,
            '{"a":' * 50_000,
            "\ufeff" + text,
            text.replace("1", "9" * 5_000, 1),
            text.replace(":", ": NaN, 'a':", 1),
            text.replace(",", ",,", 1),
            text.replace('"', "'"),
            text * 2,
            text[: chance.randint(0, len(text))],
            json.dumps(text),
        )
    )
