"""Plugins and their commands as their packages' metadata names them: none is imported."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, EntryPoint, entry_points

GROUP = "ebgan_kit"
"""Entry points that offer parts."""

COMMANDS = "ebgan_kit.commands"
"""Entry points that are commands of `ebgan-kit`, by their names."""

SKIP = "EBGAN_KIT_SKIP"


class PluginWarning(UserWarning):
    """A plugin or a command of one was left out, or offers nothing."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin or a command of one, known from its metadata alone."""

    name: str
    version: str
    distribution: str
    entry: EntryPoint
    skipped: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version} (of {self.distribution})"


def installed() -> list[Plugin]:
    """Every installed plugin by name; `EBGAN_KIT_SKIP=a,b` skips some."""
    return _found(GROUP, _named_to_skip())


def commands() -> list[Plugin]:
    """Every command of an installed plugin, by name.

    `EBGAN_KIT_SKIP` skips a command by its own name, and by the name of a plugin of its package.
    """
    skip = _named_to_skip()
    packages = {plugin.distribution for plugin in installed() if plugin.skipped}
    return [
        replace(command, skipped=True) if command.distribution in packages else command
        for command in _found(COMMANDS, skip)
    ]


def _named_to_skip() -> set[str]:
    return {name.strip() for name in os.environ.get(SKIP, "").split(",")}


def _found(group: str, skip: set[str]) -> list[Plugin]:
    found = {}
    for entry in offered(group):
        distribution, version = "", ""
        if entry.dist is not None:
            distribution, version = entry.dist.name, entry.dist.version
        found[entry.name, distribution] = Plugin(
            entry.name, version, distribution, entry, entry.name in skip
        )
    return [found[key] for key in sorted(found)]


def offered(group: str) -> list[EntryPoint]:
    """List what installed packages offer in a group.

    What pip leaves of a package where it is stopped at its work is no package.
    """
    found = entry_points(group=group)
    return [entry for entry in found if entry.dist is None or _has_a_name(entry.dist)]


def _has_a_name(package: Distribution) -> bool:
    try:
        return "Name" in package.metadata
    except (OSError, TypeError):  # as some versions of Python say that there is no metadata
        return False
