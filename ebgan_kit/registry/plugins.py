"""Load each plugin alone, and name the culprit where one fails."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pluggy

from ebgan_kit.errors import nearest
from ebgan_kit.registry import hookspecs
from ebgan_kit.registry.installed import SKIP, Plugin, PluginWarning, installed
from ebgan_kit.registry.part import KINDS, KIT, Part, PartError, Registry


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
            found.failed[plugin.name] = reason_of(problem)
            _warn(plugin, f"could not be loaded ({found.failed[plugin.name]})")
            continue
        if not offers:
            _warn(plugin, "offers no part: is @hookimpl missing over its register(add)?")
        for part in offers:
            found.add(part)
    return found


def reason_of(problem: BaseException) -> str:
    """Return why a plugin could not be loaded, in a sentence."""
    known = isinstance(problem, PartError)
    return str(problem) if known else f"{type(problem).__name__}: {problem}"


def _offers(manager: pluggy.PluginManager, plugin: Plugin) -> list[Part]:
    """Load one plugin and call its hook alone, so that no plugin can stop another."""
    check_contract(plugin)
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


def check_contract(plugin: Plugin) -> None:
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
        f"plugin {plugin} {what}; mend it, uninstall it, or skip it with {SKIP}={plugin.name}",
        PluginWarning,
        stacklevel=3,
    )
