"""A recipe: TOML in, each table checked by its part's signature, before any data is opened."""

from __future__ import annotations

import functools
import json
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge, Gt, Lt

from ebgan_kit.errors import UsageError
from ebgan_kit.parts import KINDS, Part, nearest
from ebgan_kit.plugins import registry
from ebgan_kit.ramp import Weight

SINGLE = (
    "model", "data", "mask", "pairing", "encoder", "generator", "discriminator", "adversarial",
)  # fmt: skip
"""Kinds of which a recipe has one: their table is `[kind]`."""

SIDES = {
    "augment": ("faces", "exemplar"),
    "optimizer": ("model", "critic"),
    "schedule": ("model", "critic"),
}
"""Kinds of which a recipe has one for each of these: `[kind.side]`."""

MANY = ("loss", "watch")
"""Kinds of which a recipe has any number: `[kind.name]`, the part's name unless `use` says else."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "pairing": {"use": "shuffle"},
    "optimizer": {"model": {"use": "adam"}, "critic": {"use": "adam"}},
    "schedule": {"model": {"use": "constant"}, "critic": {"use": "constant"}},
    "watch": {"progress": {}, "jsonl": {}, "samples": {}, "tracker": {}},
}
"""What a recipe says where it is silent."""

REQUIRED = ("model", "data", "mask")

_STRICT = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Train(pydantic.BaseModel):
    """The table `[train]`: how long, how much at once, and what is kept."""

    model_config = _STRICT

    images: Annotated[int, Gt(0), pydantic.Field(description="source images to train on in all")]
    batch: Annotated[int, Gt(0), pydantic.Field(description="images a step, over all devices")] = 32
    accumulate: Annotated[
        int, Gt(0), pydantic.Field(description="pieces that a batch is cut into to save memory")
    ] = 1
    precision: Annotated[
        Literal["float32", "bf16", "fp16"],
        pydantic.Field(description="of the networks' arithmetic; weights stay float32"),
    ] = "float32"
    critic_steps: Annotated[
        int, Gt(0), pydantic.Field(description="critic steps, each on a fresh batch, a model step")
    ] = 1
    ema: Annotated[
        float,
        Ge(0),
        pydantic.Field(
            description="images after which half of the averaged weights is new; 0: off"
        ),
    ] = 10_000
    ema_warmup: Annotated[
        float,
        Gt(0),
        Lt(1),
        pydantic.Field(description="ema is at most this share of the run so far"),
    ] = 0.05
    clip: Annotated[
        float, Ge(0), pydantic.Field(description="largest norm of a side's gradient; 0: any")
    ] = 0.0
    report: Annotated[
        int, Gt(0), pydantic.Field(description="images between two rows of metrics")
    ] = 1_000
    samples: Annotated[int, Gt(0), pydantic.Field(description="images between two grids")] = 20_000
    checkpoint: Annotated[
        int, Gt(0), pydantic.Field(description="images between two checkpoints")
    ] = 50_000
    keep: Annotated[int, Gt(0), pydantic.Field(description="checkpoints that are kept")] = 2
    workers: Annotated[
        int, Ge(0), pydantic.Field(description="processes that read faces; 0: none apart")
    ] = 0
    start: Annotated[
        Path | None, pydantic.Field(description="a model file to start from, to fine-tune it")
    ] = None
    device: Annotated[
        Literal["auto", "cpu"],
        pydantic.Field(description="auto: an accelerator where there is one"),
    ] = "auto"

    @pydantic.model_validator(mode="after")
    def _pieces(self) -> Train:
        if self.batch % self.accumulate:
            raise ValueError(
                f"batch {self.batch} cannot be cut into {self.accumulate} equal pieces"
            )
        return self


class _Head(pydantic.BaseModel):
    """What stands above the tables."""

    model_config = _STRICT

    name: Annotated[str, pydantic.Field(pattern=r"^\w[\w.-]*$", description="the run's folder")]
    seed: Annotated[int, Ge(0), Lt(2**63)] = 0


class _Plain(pydantic.BaseModel):
    """The kit's own words in a part's table."""

    model_config = _STRICT

    use: str


class _Term(_Plain):
    """The kit's own words in a term's table."""

    weight: Weight = 1.0
    critic_weight: Weight = 1.0


def _words(kind: str) -> type[_Plain]:
    return _Term if kind in ("loss", "adversarial") else _Plain


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
        values = {name: getattr(self.keys, name) for name in type(self.keys).model_fields}
        with self._named():
            built = self.part.build(*given, **values)
        return built if self.part.kind.made else _Bound(self, built)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, ImportError) as problem:
            raise UsageError(f"[{self.place}] {self.part.name}: {problem}") from problem

    def dump(self) -> dict[str, Any]:
        return _dump(self.words) | _dump(self.keys)


@dataclass(frozen=True)
class _Bound:
    """A part that is called again and again, with its table's name for what it refuses."""

    table: Table
    part: Any

    def __call__(self, *given: Any) -> Any:
        with self.table._named():
            return self.part(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.part, name)


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
        return document | {"train": _dump(self.train)}


def read(path: Path | str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe from a TOML file; `overrides` are like `train.images=1000`."""
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path}: is not a TOML file: it is not UTF-8 text") from problem
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path}: is not valid TOML: {problem}") from problem
    return parse(document, overrides, origin=str(path))


def parse(
    document: Mapping[str, Any],
    overrides: Sequence[str] = (),
    origin: str = "recipe",
    only: Sequence[str] = (*SINGLE, *SIDES, *MANY),
) -> Recipe:
    """Check a recipe given as a plain document; every mistake is named in one `UsageError`.

    `only`: the kinds to read. What was trained with a plugin's loss is used without that plugin.
    """
    mistakes: list[str] = []
    document = _override(_with_defaults(document), overrides)
    document = {k: v for k, v in document.items() if k not in _TABLES or k in (*only, "train")}
    for name in REQUIRED:
        if name not in document and name in only:
            mistakes.append(f"table [{name}] is missing")
    head = {k: v for k, v in document.items() if not isinstance(v, dict)}
    for name in [n for n in _TABLES if n in head]:
        mistakes.append(f"'{name}' is a table, not a key: write [{name}] and its keys below it")
        del head[name]
    tables = {k: v for k, v in document.items() if isinstance(v, dict) and k != "train"}
    known_head = _check(_Head, head, "", mistakes, known=(*_Head.model_fields, *KINDS, "train"))
    settings = document.get("train", {})
    train = _check(Train, settings, "train", mistakes) if isinstance(settings, dict) else None
    checked = {
        place: _table(place.partition(".")[0], place, values, mistakes)
        for place, values in _places(tables, mistakes)
    }
    if "adversarial" in document and "discriminator" not in document:
        mistakes.append("table [adversarial] needs a table [discriminator]")
    if mistakes or known_head is None or train is None:
        raise UsageError("\n".join(f"{origin}: {mistake}" for mistake in mistakes))
    found = {place: table for place, table in checked.items() if table is not None}
    return Recipe(known_head.name, known_head.seed, found, train)


def table(kind: str, values: Mapping[str, Any], place: str) -> Table:
    """One checked table, for a part that is made of other parts; ValueError names every mistake."""
    mistakes: list[str] = []
    found = _table(kind, place, values, mistakes)
    if found is None:
        raise ValueError("; ".join(mistakes))
    return found


def _override(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The document with `place.key=value` set; a new `use` comes first: it changes the keys."""
    changed = json.loads(json.dumps(document, default=str))
    pairs = [_pair(text) for text in overrides]
    for path, value in sorted(pairs, key=lambda pair: pair[0][-1] != "use"):
        table = changed
        for step in path[:-1]:
            table = table.setdefault(step, {})
            if not isinstance(table, dict):
                raise UsageError(f"{'.'.join(path)}={value}: '{step}' is a key, not a table")
        if path[-1] == "use":
            _swap(table, path[:-1], str(value))
        else:
            table[path[-1]] = _listed(path, table, value)
    return changed


def _pair(text: str) -> tuple[list[str], Any]:
    path, equals, value = text.partition("=")
    steps = path.strip().split(".")
    if not equals or not all(steps):
        raise UsageError(f"'{text}' is not an override: write table.key=value")
    if len(steps) > 1 and steps[0] not in (*KINDS, "train"):
        raise UsageError(f"{text}: no table is called [{steps[0]}]{nearest(steps[0], _TABLES)}")
    return steps, _value(value)


def _value(text: str) -> Any:
    """What the text means in TOML; the text itself where it means nothing there."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _listed(path: list[str], table: Mapping[str, Any], value: Any) -> Any:
    """`train,valid` as a list, where the key takes one."""
    part = _offered(path[0], str(table.get("use", path[-2]))) if len(path) > 1 else None
    field = part.keys.model_fields.get(path[-1]) if part is not None else None
    if field is None or not isinstance(value, str):
        return value
    listed = typing.get_origin(field.annotation) in (tuple, list)
    return [_value(text.strip()) for text in value.split(",")] if listed else value


def _offered(kind: str, use: str) -> Part | None:
    """The part, or None: whoever checks the table afterwards says what is wrong with its name."""
    try:
        return registry().find(kind, use) if kind in KINDS else None
    except UsageError:
        return None


def _swap(table: dict[str, Any], place: list[str], use: str) -> None:
    """Put another part into a table: keys that it does not know go with the part they were for."""
    part = _offered(place[0], use)
    if part is not None:
        known = {*part.keys.model_fields, *_words(place[0]).model_fields}
        for key in set(table) - known:
            del table[key]
    table["use"] = use


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


_TABLES = (*SINGLE, *SIDES, *MANY, "train")


def _places(tables: Mapping[str, Any], mistakes: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every part's table with its place; tables that cannot be one are mistakes."""
    for kind in tables:
        if kind not in _TABLES:
            mistakes.append(f"no table is called [{kind}]{nearest(kind, _TABLES)}")
    for kind in SINGLE:
        if kind in tables:
            yield kind, tables[kind]
    for kind in (*SIDES, *MANY):
        for side, table in tables.get(kind, {}).items():
            place = f"{kind}.{side}"
            if not isinstance(table, dict):
                mistakes.append(f"[{kind}] has no key '{side}': write a table [{kind}.NAME]")
            elif kind in SIDES and side not in SIDES[kind]:
                mistakes.append(f"no table is called [{place}]{nearest(side, SIDES[kind])}")
            else:
                yield place, {"use": side} | table if kind in MANY else table


def _table(kind: str, place: str, values: Mapping[str, Any], mistakes: list[str]) -> Table | None:
    if not isinstance(values.get("use"), str):
        mistakes.append(f"[{place}] needs a key 'use' that names its {kind}")
        return None
    try:
        part = registry().find(kind, values["use"])
    except UsageError as problem:
        mistakes.append(f"[{place}] use: {problem}")
        return None
    words = _words(kind)
    own = {k: v for k, v in values.items() if k in words.model_fields}
    rest = {k: v for k, v in values.items() if k not in words.model_fields}
    checked = _check(words, own, place, mistakes)
    keys = _check(
        part.keys, rest, place, mistakes, known=(*part.keys.model_fields, *words.model_fields)
    )
    return None if checked is None or keys is None else Table(place, part, checked, keys)


def _check(
    model: type[pydantic.BaseModel],
    values: Mapping[str, Any],
    place: str,
    mistakes: list[str],
    known: Iterable[str] = (),
) -> Any:
    """The values as the model's, or None with the mistakes written down.

    They pass as JSON, whose strict reading takes a list for a tuple and a string for a path, but
    no string for a number.
    """
    try:
        return model.model_validate_json(json.dumps(values, default=str), strict=True)
    except pydantic.ValidationError as problem:
        known = list(known) or list(model.model_fields)
        mistakes.extend(_sentence(e, place, known) for e in _clearest(problem.errors()))
        return None


def _clearest(errors: Iterable[Any]) -> Iterable[Any]:
    """One error a key, the one that points deepest: a key of two types fails once for each."""
    found: dict[Any, Any] = {}
    for error in errors:
        key = error["loc"][:1]
        if key not in found or len(error["loc"]) > len(found[key]["loc"]):
            found[key] = error
    return found.values()


def _sentence(error: Any, place: str, known: Iterable[str]) -> str:
    where = f"[{place}]" if place else "the recipe"
    if not error["loc"]:
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    key = str(error["loc"][0])
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return f"{where} has no key '{key}'{nearest(key, known)}"
    if error["type"] == "missing" and len(error["loc"]) == 1:
        return f"{where} needs the key '{key}'"
    if error["type"] == "missing" and isinstance(error["loc"][-1], str):
        return f"{where} {key} needs the key '{error['loc'][-1]}'"
    message = error["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{where} {key} = {json.dumps(error['input'], default=str)}: {message}"


def _dump(model: pydantic.BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


@functools.cache
def schema() -> dict[str, Any]:
    """A JSON Schema of recipes, for editors that complete and check TOML."""
    shared: dict[str, Any] = {}
    properties: dict[str, Any] = dict(_Head.model_json_schema()["properties"])
    properties["train"] = Train.model_json_schema()
    for kind in SINGLE:
        properties[kind] = {"anyOf": _schemas(kind, None, shared)}
    for kind, sides in SIDES.items():
        properties[kind] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {side: {"anyOf": _schemas(kind, None, shared)} for side in sides},
        }
    for kind in MANY:
        named = {name: {"anyOf": _schemas(kind, name, shared)} for name in registry().parts[kind]}
        properties[kind] = {
            "type": "object",
            "properties": named,
            "additionalProperties": {"anyOf": _schemas(kind, None, shared)},
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of ebgan-kit",
        "type": "object",
        "properties": properties,
        "required": ["name", "train", *REQUIRED],
        "additionalProperties": False,
        "$defs": shared,
    }


def _schemas(kind: str, implied: str | None, shared: dict[str, Any]) -> list[dict[str, Any]]:
    """One schema a part of the kind; `implied` is the part that needs no `use`."""
    found = []
    for name, offers in registry().parts[kind].items():
        part = offers[0]
        shape = part.keys.model_json_schema()
        words = _words(kind).model_json_schema()
        shared |= shape.pop("$defs", {}) | words.get("$defs", {})
        shape["properties"] = words["properties"] | shape.get("properties", {})
        shape["properties"]["use"] = {"const": name}
        shape["description"] = part.sentence
        if name != implied:
            shape["required"] = ["use", *shape.get("required", [])]
        found.append(shape)
    return found
