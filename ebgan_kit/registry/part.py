"""A part: a plain function or class whose keyword-only arguments are its keys in a recipe."""

from __future__ import annotations

import functools
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pydantic

from ebgan_kit.errors import UsageError, unknown

KIT = "ebgan-kit"
"""The plugin that holds what is built in."""


@dataclass(frozen=True)
class Kind:
    """One word of the kit's vocabulary."""

    name: str
    takes: tuple[str, ...]
    """The positional arguments that the kit gives."""
    made: bool
    """True: the kit calls the part once with `takes` and uses what it returns.
    False: the kit binds the part's keys and calls it with `takes` again and again."""
    sentence: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("data", (), True, "Faces from somewhere."),
        Kind("mask", ("faces", "chance"), False, "Chooses the region of each face to fill."),
        Kind("augment", ("faces", "chance"), False, "Changes whole batches on the device."),
        Kind("pairing", ("faces", "chance"), False, "Gives each face its exemplar."),
        Kind("model", ("task", "build"), True, "Puts networks together: faces in, edit out."),
        Kind("encoder", ("task", "channels"), True, "Image and region to code."),
        Kind("generator", ("task", "code_shape"), True, "Masked source and code to image."),
        Kind("discriminator", ("task",), True, "Image to scores: real or generated."),
        Kind("classifier", ("task",), True, "Image to the attributes that a face shows."),
        Kind("adversarial", ("edit", "networks"), False, "The term with two sides."),
        Kind("loss", ("edit", "networks"), False, "One more term of the objective."),
        Kind("optimizer", ("parameters",), True, "Changes weights by their gradients."),
        Kind("schedule", ("progress",), False, "The rate's factor over the run, from 0 to 1."),
        Kind("watch", ("run",), True, "Sees a run and touches nothing."),
    )
}


class PartError(TypeError):
    """A plugin offers something that is not a part of that kind."""


@dataclass(frozen=True)
class Part:
    """A function or class that a plugin offers under a name."""

    kind: Kind
    name: str
    offer: Callable[..., Any] | str
    """The function or class, or its place, such as `package.module:name`."""
    owner: str
    """The plugin's name."""
    version: str = ""
    """The plugin's version."""

    def __post_init__(self) -> None:
        if not isinstance(self.offer, str):
            _check(self.kind, self.name, self.offer)

    @functools.cached_property
    def make(self) -> Callable[..., Any]:
        """The function or class; an offer by its place is imported and checked here."""
        if not isinstance(self.offer, str):
            return self.offer
        made = pkgutil.resolve_name(self.offer)
        _check(self.kind, self.name, made)
        return made

    def load(self) -> None:
        """Import the part, where that was put off; UsageError where it cannot be."""
        try:
            _ = self.make
        except (Exception, SystemExit) as problem:  # a stranger's code may raise anything
            raise UsageError(
                f"{self.kind.name} {self.name} of plugin {self.owner} could not be loaded: "
                f"{type(problem).__name__}: {problem}"
            ) from problem

    @functools.cached_property
    def keys(self) -> type[pydantic.BaseModel]:
        """The part's keys as a pydantic model, read off the signature."""
        function = self.make.__init__ if inspect.isclass(self.make) else self.make
        keys = [p for p in _parameters(self.make) if p.kind is inspect.Parameter.KEYWORD_ONLY]
        hints = _hints(function, {p.name for p in keys})
        fields: dict[str, Any] = {
            p.name: (hints.get(p.name, Any), ... if p.default is p.empty else p.default)
            for p in keys
        }
        config = pydantic.ConfigDict(extra="forbid", protected_namespaces=(), allow_inf_nan=False)
        return pydantic.create_model(self.name, __config__=config, **fields)

    @property
    def sentence(self) -> str:
        """The first sentence of the docstring."""
        return (inspect.getdoc(self.make) or "").split("\n\n")[0].replace("\n", " ")

    def build(self, *given: Any, **keys: Any) -> Any:
        """The part with its keys: constructed from what the kit gives, or bound, by its kind."""
        if self.kind.made:
            return self.make(*given, **keys)
        if inspect.isclass(self.make):
            return self.make(**keys)
        return functools.partial(self.make, **keys)


def _check(kind: Kind, name: str, make: Any) -> None:
    """PartError for what is no part of the kind."""
    if not callable(make):
        raise PartError(f"{kind.name} {name} is not a function or a class")
    called = make.__call__ if inspect.isclass(make) and not kind.made else make
    found = [p.name for p in _parameters(called) if p.kind in _POSITIONAL]
    if len(found) != len(kind.takes):
        raise PartError(
            f"{kind.name} {name} takes ({', '.join(found)}), but the kit calls a {kind.name} "
            f"with ({', '.join(kind.takes)}); keys are keyword-only: put them after a '*'"
        )


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = inspect.signature(function).parameters.values()
    return [p for p in parameters if p.name != "self"]


def _hints(function: Callable[..., Any], names: set[str]) -> dict[str, Any]:
    """The types of some arguments alone: the others' may be known to a type checker only."""
    given = getattr(function, "__annotations__", {})
    some = types.SimpleNamespace(__annotations__={n: given[n] for n in names if n in given})
    return typing.get_type_hints(some, getattr(function, "__globals__", {}), include_extras=True)


class Registry:
    """Every part on offer: kind, then name, then the plugins that offer it."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, list[Part]]] = {kind: {} for kind in KINDS}
        self.failed: dict[str, str] = {}
        """Plugins that could not be loaded, and why."""

    def add(self, part: Part) -> None:
        self.parts[part.kind.name].setdefault(part.name, []).append(part)

    def find(self, kind: str, use: str) -> Part:
        """The part that `use` names, either "name" or "plugin:name"."""
        owner, _, name = use.rpartition(":")
        if owner in self.failed:
            raise UsageError(f"plugin {owner} could not be loaded: {self.failed[owner]}")
        offers = [p for p in self.parts[kind].get(name, []) if owner in ("", p.owner)]
        if len(offers) > 1:
            owners = " and ".join(f"{p.owner} {p.version}".strip() for p in offers)
            choices = " or ".join(f'"{p.owner}:{name}"' for p in offers)
            spare = [p.owner for p in offers if p.owner != KIT][-1]
            raise UsageError(
                f"{len(offers)} plugins offer {kind} '{name}', {owners}: say use = {choices}, or "
                f"skip one with EBGAN_KIT_SKIP={spare}"
            )
        if not offers:
            more = ""
            if self.failed:
                more = f" (plugin {', '.join(self.failed)} could not be loaded, and may offer it)"
            raise unknown(f"no {kind} is called '{use}'", name, self.parts[kind], more=more)
        return offers[0]
