"""Find plugins, load each alone, and name the culprit where one fails."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import pluggy

from ebgan_kit.errors import nearest
from ebgan_kit.registry import hookspecs
from ebgan_kit.registry.part import KINDS, KIT, Part, PartError, Registry

GROUP = "ebgan_kit"
SKIP = "EBGAN_KIT_SKIP"


class PluginWarning(UserWarning):
    """A plugin was left out, or offers nothing."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin, known from its metadata alone."""

    name: str
    version: str
    distribution: str
    entry: EntryPoint
    skipped: bool = False


def installed() -> list[Plugin]:
    """Every installed plugin by name, without importing one; `EBGAN_KIT_SKIP=a,b` skips some."""
    skip = {name.strip() for name in os.environ.get(SKIP, "").split(",")}
    found = {}
    for entry in entry_points(group=GROUP):
        distribution, version = "", ""
        if entry.dist is not None:
            distribution, version = entry.dist.name, entry.dist.version
        found[entry.name, distribution] = Plugin(
            entry.name, version, distribution, entry, entry.name in skip
        )
    return [found[key] for key in sorted(found)]


class Add:
    """The argument of a plugin's `register`: `add.loss(hue=hue)` offers one part, for any kind."""

    def __init__(self, owner: str, version: str = "") -> None:
        self._owner, self._version = owner, version
        self.offers: list[Part] = []

    def __getattr__(self, kind: str) -> Callable[..., None]:
        if kind not in KINDS:
            raise PartError(f"no kind of part is called '{kind}'{nearest(kind, KINDS)}")

        def add(**offers: Any) -> None:
            for name, make in offers.items():
                name = name.replace("_", "-")
                self.offers.append(Part(KINDS[kind], name, make, self._owner, self._version))

        return add


@functools.cache
def registry() -> Registry:
    """All parts of all plugins that load; a plugin that does not is named in a warning."""
    manager = pluggy.PluginManager("ebgan_kit")
    manager.add_hookspecs(hookspecs)
    found = Registry()
    for plugin in installed():
        if plugin.skipped:
            continue
        try:
            offers = _offers(manager, plugin)
        except (Exception, SystemExit) as problem:  # a stranger's code may raise anything
            found.failed[plugin.name] = _reason(problem)
            _warn(plugin, f"could not be loaded ({found.failed[plugin.name]})")
            continue
        if not offers:
            _warn(plugin, "offers no part: is @hookimpl missing over its register(add)?")
        for part in offers:
            found.add(part)
    return found


def _reason(problem: BaseException) -> str:
    known = isinstance(problem, PartError)
    return str(problem) if known else f"{type(problem).__name__}: {problem}"


def _offers(manager: pluggy.PluginManager, plugin: Plugin) -> list[Part]:
    """Load one plugin and call its hook alone, so that no plugin can stop another."""
    _check_contract(plugin)
    key = f"{plugin.distribution}:{plugin.name}"
    module = plugin.entry.load()
    others = manager.get_plugins()
    manager.register(module, name=key)
    try:
        manager.check_pending()
        add = Add(plugin.name, plugin.version)
        manager.subset_hook_caller("register", others)(add=add)
    except BaseException:
        manager.unregister(module)
        raise
    return add.offers


def _check_contract(plugin: Plugin) -> None:
    """PartError for a plugin whose package asks for another version of the kit than this one."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    here = version(KIT)
    for text in (plugin.entry.dist and plugin.entry.dist.requires) or ():
        needs = Requirement(text)
        applies = needs.marker is None or needs.marker.evaluate({"extra": ""})
        fits = needs.specifier.contains(here, prereleases=True)
        if canonicalize_name(needs.name) == KIT and applies and not fits:
            raise PartError(f"it was written for {KIT}{needs.specifier}, and this is {here}")


def _warn(plugin: Plugin, what: str) -> None:
    warnings.warn(
        f"plugin {plugin.name} {plugin.version} (of {plugin.distribution}) {what}; "
        f"mend it, uninstall it, or skip it with {SKIP}={plugin.name}",
        PluginWarning,
        stacklevel=3,
    )
