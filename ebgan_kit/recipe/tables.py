"""One table of a recipe, checked by its part's signature."""

from __future__ import annotations

import json
import os
import typing
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from ebgan_kit.errors import UsageError, unknown
from ebgan_kit.recipe.grammar import words_of
from ebgan_kit.registry.part import Part
from ebgan_kit.registry.plugins import registry
from ebgan_kit.registry.was import old_names


@dataclass(frozen=True)
class Table:
    """One table of a recipe: a part, the kit's words and the part's keys, all checked."""

    place: str
    """The table's name, such as `loss.cycle`."""
    part: Part
    words: Any
    keys: pydantic.BaseModel

    def build(self, *given: Any) -> Any:
        """The part; a value that it refuses is answered with the table's name."""
        values = {name: _at_home(value) for name, value in self.keys}
        with self._named():
            built = self.part.build(*given, **values)
        return built if self.part.kind.made else _Bound(self, built)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, ImportError) as problem:
            raise UsageError(f"[{self.place}] {self.part.name}: {problem}") from problem

    def choices(self, key: str) -> tuple[Any, ...]:
        """Return the values that the list `key` may hold, if its type names them; else ()."""
        field = type(self.keys).model_fields.get(key)
        held = typing.get_args(field.annotation) if field else ()
        return typing.get_args(held[0]) if held else ()

    def dump(self) -> dict[str, Any]:
        return dump(self.words) | dump(self.keys)


def _at_home(value: Any) -> Any:
    """A path with one's home in the place of `~`, which no shell has read in a recipe."""
    return Path(os.path.expanduser(value)) if isinstance(value, Path) else value


@dataclass(frozen=True)
class _Bound:
    """A part that is called again and again, with its table's name for what it refuses."""

    table: Table
    part: Any

    def __call__(self, *given: Any) -> Any:
        with self.table._named():
            return self.part(*given)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.part, name)  # a method refuses in the table's name, too
        return _Bound(self.table, value) if callable(value) else value


def table(kind: str, values: Mapping[str, Any], place: str) -> Table:
    """One checked table, for a part that is made of other parts; ValueError names every mistake."""
    mistakes: list[UsageError] = []
    part = named_part(kind, place, values, mistakes)
    found = None if part is None else checked_table(part, place, values, mistakes)
    if found is None:
        raise ValueError("; ".join(map(str, mistakes)))
    return found


def named_part(
    kind: str, place: str, values: Mapping[str, Any], mistakes: list[UsageError]
) -> Part | None:
    """Find the part that a table names, or write down why there is none."""
    if not isinstance(values.get("use"), str):
        sentence = f"[{place}] needs a key 'use' that names its {kind}"
        mistakes.append(UsageError(sentence, place=place, key="use"))
        return None
    try:
        return registry().find(kind, values["use"])
    except UsageError as problem:
        mistakes.append(_of_use(place, problem))
        return None


def checked_table(
    part: Part,
    place: str,
    values: Mapping[str, Any],
    mistakes: list[UsageError],
    overridden: Collection[str] = (),
    recorded: bool = False,
) -> Table | None:
    """Check a table by its part's signature, for which the part is loaded.

    `overridden` and `recorded` are as for `renamed`.
    """
    try:
        part.load()
    except UsageError as problem:
        mistakes.append(_of_use(place, problem))
        return None
    words = words_of(part.kind.name)
    own = {k: v for k, v in values.items() if k in words.model_fields}
    rest = {k: v for k, v in values.items() if k not in words.model_fields}
    rest = renamed(part.keys, rest, place, mistakes, overridden, recorded)
    checked = validated(words, own, place, mistakes)
    keys = validated(
        part.keys, rest, place, mistakes, known=(*part.keys.model_fields, *words.model_fields)
    )
    return None if checked is None or keys is None else Table(place, part, checked, keys)


def _of_use(place: str, problem: UsageError) -> UsageError:
    return UsageError(f"[{place}] use: {problem}", place=place, key="use", hint=problem.hint)


def renamed(
    model: type[pydantic.BaseModel],
    values: Mapping[str, Any],
    place: str,
    mistakes: list[UsageError],
    overridden: Collection[str] = (),
    recorded: bool = False,
) -> dict[str, Any]:
    """Return the values by the present names of their keys, with a warning per old name.

    `overridden`: keys that the command line set, as table.key; they replace what a file says under
    the other name. `recorded`: a run or a model file says the values, and nobody is warned.
    """
    found = dict(values)
    for old, new in old_names(model).items():
        if old not in found:
            continue
        value = found.pop(old)
        by_override = [f"{place}.{key}" in overridden for key in (old, new)]
        if new in found and by_override[0] == by_override[1]:
            sentence = f"[{place}] {old} is called {new} now: give one of them"
            mistakes.append(UsageError(sentence, place=place, key=old, hint=new))
        if not recorded:
            warnings.warn(f"[{place}] {old} is called {new} now", stacklevel=2)
        if new not in found or by_override[0]:
            found[new] = value
    return found


def validated(
    model: type[pydantic.BaseModel],
    values: Mapping[str, Any],
    place: str,
    mistakes: list[UsageError],
    known: Iterable[str] = (),
) -> Any:
    """The values as the model's, or None with the mistakes written down.

    They pass as JSON, whose strict reading takes a list for a tuple and a string for a path, but
    no string for a number.
    """
    try:
        checked = model.model_validate_json(json.dumps(values, default=str), strict=True)
    except pydantic.ValidationError as problem:
        known = list(known) or list(model.model_fields)
        mistakes.extend(_mistake(e, place, known) for e in _clearest(problem.errors()))
        return None
    slips = [
        UsageError(f"{_where(place)} {key} = {json.dumps(value)}: {why}", place=place, key=key)
        for key, value in values.items()
        if (why := _slip(value, getattr(checked, key, None)))
    ]
    mistakes.extend(slips)
    return None if slips else checked


def _slip(given: Any, read: Any) -> str:
    """What is wrong with a value that has its key's type; "" if nothing."""
    if given == "" and isinstance(read, Path):
        return "no path is empty; write '.' for the working folder"
    if isinstance(given, int) and not -(2**63) <= given < 2**63:
        return "a whole number has 64 bits at most"
    inner = given if isinstance(given, list) else ()
    return next(filter(None, (_slip(one, None) for one in inner)), "")


def _clearest(errors: Iterable[Any]) -> Iterable[Any]:
    """Keep one error per key, the deepest one: a key of two types fails once for each."""
    found: dict[Any, Any] = {}
    for error in errors:
        key = error["loc"][:1]
        if key not in found or len(error["loc"]) > len(found[key]["loc"]):
            found[key] = error
    return found.values()


def _mistake(error: Any, place: str, known: Iterable[str]) -> UsageError:
    where = _where(place)
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return UsageError(f"{where}: {message}", place=place)
    key = str(error["loc"][0])
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return unknown(f"{where} has no key '{key}'", key, known, place=place, key=key)
    if error["type"] == "missing" and len(error["loc"]) == 1:
        sentence = f"{where} needs the key '{key}'"
    elif error["type"] == "missing" and isinstance(error["loc"][-1], str):
        sentence = f"{where} {key} needs the key '{error['loc'][-1]}'"
    else:
        value = json.dumps(error["input"], default=str)
        sentence = f"{where} {key} = {value}: {message[0].lower()}{message[1:]}"
    return UsageError(sentence, place=place, key=key)


def _where(place: str) -> str:
    return f"[{place}]" if place else "the recipe"


def dump(model: pydantic.BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
