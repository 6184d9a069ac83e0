"""A recipe: TOML in, all of it checked before any data is opened."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError, unknown
from ebgan_kit.files.writing import nearest_path
from ebgan_kit.recipe.grammar import DEFAULTS, MANY, REQUIRED, SIDES, SINGLE, TABLES, Head, Train
from ebgan_kit.recipe.overrides import override
from ebgan_kit.recipe.tables import Table, checked_table, dump, named_part, renamed, validated
from ebgan_kit.registry.part import KINDS

_TOO_DEEP = "is nested deeper than any recipe: take tables and lists out of each other"


@dataclass(frozen=True)
class Recipe:
    """A whole recipe, checked: what it does not say has been filled in."""

    name: str
    seed: int
    tables: Mapping[str, Table]
    """By place: `model`, `loss.cycle`, `optimizer.critic` …"""
    train: Train

    @property
    def size(self) -> int:
        """Height and width of the images in pixels."""
        return getattr(self.tables["data"].keys, "size", 128)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the model edits; () where its part has no such key."""
        return tuple(getattr(self.tables["model"].keys, "attributes", ()))

    @property
    def regions(self) -> tuple[str, ...]:
        """The named regions of the mask; () where its part has no such key."""
        return tuple(getattr(self.tables["mask"].keys, "regions", ()))

    def of(self, kind: str) -> dict[str, Table]:
        """The tables `[kind.name]` of a kind, by name."""
        prefix = kind + "."
        return {p.removeprefix(prefix): t for p, t in self.tables.items() if p.startswith(prefix)}

    def dump(self) -> dict[str, Any]:
        """The resolved recipe as a plain document; reading it again gives the same recipe."""
        document: dict[str, Any] = {"name": self.name, "seed": self.seed}
        for place, table in self.tables.items():
            kind, _, side = place.partition(".")
            if side:
                document.setdefault(kind, {})[side] = table.dump()
            else:
                document[kind] = table.dump()
        return document | {"train": dump(self.train)}


def read(path: Path | str, overrides: Sequence[str] = (), recorded: bool = False) -> Recipe:
    """Read a recipe from a TOML file; `overrides` are like `train.images=1000`.

    `recorded`: a run wrote the file, so keys that have new names by now are read without a warning.
    """
    try:
        document = tomllib.loads(Path(os.path.expanduser(path)).read_text(encoding="utf-8-sig"))
    except OSError as problem:
        near = _near(Path(path))
        raise UsageError(f"{path}: cannot be read: {problem.strerror}{near}") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path}: is not a TOML file: it is not UTF-8 text") from problem
    except ValueError as problem:  # tomllib's own, and int's for a number of very many digits
        raise UsageError(f"{path}: is not valid TOML: {problem}") from problem
    except RecursionError as problem:
        raise UsageError(f"{path}: {_TOO_DEEP}") from problem
    return parse(document, overrides, origin=str(path), recorded=recorded)


def _near(path: Path) -> str:
    """'; did you mean …?' with a file whose path is close, or the recipe of a run's folder."""
    close = path / "recipe.toml" if path.is_dir() else nearest_path(path)
    return f"; did you mean '{close}'?" if close is not None and close.is_file() else ""


def parse(
    document: Mapping[str, Any],
    overrides: Sequence[str] = (),
    origin: str = "recipe",
    only: Sequence[str] = (*SINGLE, *SIDES, *MANY),
    recorded: bool = False,
) -> Recipe:
    """Check a recipe given as a plain document; every mistake is named in one `UsageError`.

    Tables and parts that there are not come first, the keys of parts once all of these are found.
    `only`: the kinds to read. What was trained with a plugin's loss is used without that plugin.
    `recorded`: as for `read`.
    """
    mistakes: list[UsageError] = []
    overridden = [text.partition("=")[0].strip() for text in overrides]
    try:
        document = override(_with_defaults(document), overrides)
    except RecursionError as problem:
        raise UsageError(f"{origin}: {_TOO_DEEP}") from problem
    document = {k: v for k, v in document.items() if k not in TABLES or k in (*only, "train")}
    for name in REQUIRED:
        if name not in document and name in only:
            mistakes.append(UsageError(f"table [{name}] is missing", place=name))
    head = {k: v for k, v in document.items() if not isinstance(v, dict)}
    for name in [n for n in TABLES if n in head]:
        sentence = f"'{name}' is a table, not a key: write [{name}] and its keys below it"
        mistakes.append(UsageError(sentence, key=name))
        del head[name]
    tables = {k: v for k, v in document.items() if isinstance(v, dict) and k != "train"}
    known_head = validated(Head, head, "", mistakes, known=(*Head.model_fields, *KINDS, "train"))
    settings = document.get("train", {})
    is_table = isinstance(settings, dict)  # if not, that is a mistake already
    train: Any = None
    if is_table:
        settings = renamed(Train, settings, "train", mistakes, overridden, recorded)
        train = validated(Train, settings, "train", mistakes)
    places = dict(_places(tables, mistakes))
    parts = {
        place: named_part(place.partition(".")[0], place, values, mistakes)
        for place, values in places.items()
    }
    if "adversarial" in document and "discriminator" not in document:
        sentence = "table [adversarial] needs a table [discriminator]"
        mistakes.append(UsageError(sentence, place="adversarial"))
    _raise(mistakes, origin)  # before a part is loaded, which takes seconds
    found = {
        place: checked_table(part, place, places[place], mistakes, overridden, recorded)
        for place, part in parts.items()
        if part is not None
    }
    _raise(mistakes, origin)
    checked = {place: table for place, table in found.items() if table is not None}
    recipe = Recipe(known_head.name, known_head.seed, checked, train)
    _check_reach(recipe, origin)
    return recipe


def _raise(mistakes: Sequence[UsageError], origin: str) -> None:
    if mistakes:
        message = "\n".join(f"{origin}: {mistake}" for mistake in mistakes)
        of = mistakes[0]
        raise UsageError(message, place=of.place, key=of.key, hint=of.hint, mistakes=mistakes)


def _check_reach(recipe: Recipe, origin: str) -> None:
    """A region must be able to show what the model is to edit there."""
    from ebgan_kit.regions import hidden_attributes

    names = recipe.attributes if "model" in recipe.tables else ()
    regions = recipe.regions if "mask" in recipe.tables else ()
    found = [f"names {name} twice" for name in sorted(set(names)) if names.count(name) > 1]
    if regions:
        found += hidden_attributes(names, regions)
    by_parts = regions and getattr(recipe.tables["mask"].keys, "by", "") == "parts"
    if names and by_parts and "face" not in regions:
        found.append("show beyond the outlines of parts: set mask.by to landmarks")
    mistakes = [UsageError(each, place="model", key="attributes") for each in found]
    _raise(mistakes, f"{origin}: [model] attributes")


def _with_defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the tables that it leaves out; sides one by one, any number as a whole."""
    full = dict(document)
    for kind, default in DEFAULTS.items():
        if kind in SIDES and isinstance(full.get(kind, {}), dict):
            given = full.get(kind, {})
            sides = {side: _over(default[side], given.get(side, {})) for side in default}
            full[kind] = given | sides
        else:
            full.setdefault(kind, default)
    return full


def _over(default: dict[str, Any], given: Any) -> Any:
    return default | given if isinstance(given, dict) else given


def _places(
    tables: Mapping[str, Any], mistakes: list[UsageError]
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every part's table with its place; tables that cannot be one are mistakes."""
    for kind in tables:
        if kind not in TABLES:
            mistakes.append(unknown(f"no table is called [{kind}]", kind, TABLES, place=kind))
    for kind in SINGLE:
        if kind in tables:
            yield kind, tables[kind]
    for kind in (*SIDES, *MANY):
        for side, table in tables.get(kind, {}).items():
            place = f"{kind}.{side}"
            if not isinstance(table, dict):
                sentence = f"[{kind}] has no key '{side}': write a table [{kind}.NAME]"
                mistakes.append(UsageError(sentence, place=kind, key=side))
            elif kind in SIDES and side not in SIDES[kind]:
                sentence = f"no table is called [{place}]"
                mistakes.append(unknown(sentence, side, SIDES[kind], place=place))
            else:
                yield place, {"use": side} | table if kind in MANY else table
