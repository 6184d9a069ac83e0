"""The paths of a model's maker: which keys of its recipe hold them, and the header without them."""

from __future__ import annotations

import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from ebgan_kit.errors import UsageError
from ebgan_kit.files.names import home
from ebgan_kit.modelfile.header import Header
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.registry.plugins import registry

if TYPE_CHECKING:
    from ebgan_kit.modelfile.file import ModelFile

NOT_SHARED = "not-shared"
"""In place of a path: a recipe that needs the key can still be read."""

_LOCAL = "local-dir:"
"""Before a folder, where timm takes one in place of a network's name."""

_KNOWN = {"data": ("root", "file", "table"), "mask": ("path",), "train": ("start",)}
"""Path keys of the kit's own parts, since older files do not list theirs."""


def path_keys(recipe: Recipe) -> list[str]:
    """Return the keys of a recipe whose type is a path, such as `data.root` or `mask.of.0.path`."""
    document = recipe.dump()
    found = [f"train.{key}" for key in document["train"] if _is_path(type(recipe.train), key)]
    for place, table in recipe.tables.items():
        found += _path_keys(place, table.part.kind.name, type(table.keys), table.dump())
    return found


def without_folders(header: Header) -> Header:
    """Return the header with `NOT_SHARED` in its recipe in place of each path.

    A path is the value of a key that the header lists, the value of a path key of the kit's own
    parts, or any absolute path.
    """
    return replace(header, recipe=blanked(header.recipe, frozenset(header.paths)))


def blanked(document: Any, paths: Collection[str] = ()) -> Any:
    """Return a document with `NOT_SHARED` in place of each path; see `without_folders`.

    `paths`: dotted keys that hold paths.
    """
    return _with_paths(
        document, lambda text: _LOCAL + NOT_SHARED if text.startswith(_LOCAL) else NOT_SHARED, paths
    )


def paths_in(document: Any, paths: Collection[str] = ()) -> list[Path]:
    """Return each path that `blanked` takes out of a document; `~` is one's home."""
    found: list[Path] = []
    _with_paths(document, lambda text: found.append(home(text.removeprefix(_LOCAL))), paths)
    return found


def read_by(recipe: Recipe) -> list[Path]:
    """Return the paths that a run of a recipe reads."""
    return paths_in(recipe.dump(), path_keys(recipe))


def said_in(overrides: Sequence[str]) -> list[Path]:
    """Return the paths in overrides, such as `data.root=faces`."""
    said = dict(text.partition("=")[::2] for text in overrides)
    return [path for key, value in said.items() for path in paths_in({key: value})]


def inputs_of(file: ModelFile, overrides: Sequence[str] = ()) -> list[Path]:
    """Return what a measurement of a model reads: its file, and the paths of its recipe.

    `overrides`: keys of [data] and [mask], as `evaluate` takes them.
    """
    own = paths_in(file.header.recipe, frozenset(file.header.paths))
    return [file.path, *own, *said_in(overrides)]


def _with_paths(
    value: Any,
    use: Callable[[str], Any],
    paths: Collection[str],
    place: str = "",
    named: bool = False,
) -> Any:
    """Return a document with what `use` makes of each path; `named`: the place holds paths."""
    named = named or place in paths
    if isinstance(value, Mapping):
        at = f"{place}." if place else ""
        return {key: _with_paths(v, use, paths, f"{at}{key}", named) for key, v in value.items()}
    if isinstance(value, list):
        return [_with_paths(v, use, paths, f"{place}.{n}", named) for n, v in enumerate(value)]
    if isinstance(value, str) and (named or _is_known(place) or _is_absolute(value)):
        return use(value)
    return value


def _path_keys(place: str, kind: str, keys: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """The path keys of a table, and of tables of the same kind in a list that it holds."""
    for key, value in values.items():
        if _is_path(keys, key):
            yield f"{place}.{key}"
        for number, inner in enumerate(value if isinstance(value, list) else ()):
            if isinstance(inner, dict) and "use" in inner:
                with suppress(UsageError):  # no part: one of Kornia's operations, say
                    part = registry().find(kind, inner["use"])
                    yield from _path_keys(f"{place}.{key}.{number}", kind, part.keys, inner)


def _is_path(keys: Any, key: str) -> bool:
    field = keys.model_fields.get(key)
    return field is not None and _holds_path(field.annotation)


def _holds_path(annotation: Any) -> bool:
    is_path = isinstance(annotation, type) and issubclass(annotation, Path)
    return is_path or any(_holds_path(inner) for inner in typing.get_args(annotation))


def _is_known(place: str) -> bool:
    kind, _, rest = place.partition(".")
    return rest.rpartition(".")[2] in _KNOWN.get(kind, ())


def _is_absolute(value: str) -> bool:
    kinds = (PurePosixPath, PureWindowsPath)
    return value.startswith(("~", _LOCAL)) or any(kind(value).is_absolute() for kind in kinds)
