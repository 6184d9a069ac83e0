"""Commands of plugins: named in the help, and imported when they are called."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from ebgan_kit.errors import UsageError
from ebgan_kit.registry.installed import SKIP, Plugin, PluginWarning, commands

HEADING = "Plugins"


class Commands(TyperGroup):
    """The kit's own commands, and after them those of plugins."""

    @functools.cached_property
    def offers(self) -> dict[str, list[Plugin]]:
        """Name → the commands that plugins offer by it."""
        found: dict[str, list[Plugin]] = {}
        for command in commands():
            if not command.skipped:
                found.setdefault(command.name, []).append(command)
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands; a plugin's does not take the place of the kit's own."""
        return list({**self.commands, **self.offers})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the kit's own command, or the entry in the help of a plugin's command."""
        own = super().get_command(ctx, cmd_name)
        if own is None and cmd_name in self.offers:
            return _Entry(self.offers[cmd_name])
        return own

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called; a plugin's is imported here."""
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(command, _Entry):
            return name, command.load(), rest
        _refuse_empty(rest)
        return name, command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, and name the commands of plugins that it leaves out."""
        super().format_help(ctx, formatter)
        for name in sorted(self.commands.keys() & self.offers.keys()):
            for command in self.offers[name]:
                warnings.warn(
                    f"command {command} is left out, for the kit has one of that name: "
                    f"uninstall it, or skip it with {SKIP}={command.name}",
                    PluginWarning,
                    stacklevel=2,
                )


def _refuse_empty(words: Sequence[str]) -> None:
    """UsageError for an empty word: as a path it would be the working folder."""
    for before, word in pairwise(["", *words]):
        option, equals, value = word.partition("=")
        if word == "" and before.startswith("-"):
            raise UsageError(f"{before} is followed by an empty word: say what it is to be")
        if word == "" or (option.startswith("--") and equals and not value):
            called = f"{option} is" if option else "one of the words is"
            raise UsageError(f"{called} empty: say what it is to be, or leave it out")


class _Entry(TyperCommand):
    """The entry of a plugin's command in the help."""

    def __init__(self, offers: list[Plugin]) -> None:
        packages = " and ".join(f"{c.distribution} {c.version}" for c in offers)
        super().__init__(offers[0].name, help=f"Of {packages}.", rich_help_panel=HEADING)
        self.offers, self.packages = offers, packages

    def load(self) -> Any:
        """Import the command; UsageError where it cannot be, and where two packages have it."""
        from ebgan_kit.registry.plugins import check_contract, reason_of

        if len(self.offers) > 1:
            raise UsageError(
                f"{len(self.offers)} packages offer the command '{self.name}', {self.packages}: "
                "uninstall one"
            )
        (command,) = self.offers
        try:
            check_contract(command)
            app = typer.Typer(add_completion=False)
            app.command(command.name)(command.entry.load())
            return typer.main.get_command(app)
        except (Exception, SystemExit) as problem:  # a stranger's code may raise anything
            raise UsageError(
                f"command {command} could not be loaded ({reason_of(problem)}); mend it, "
                f"uninstall it, or skip it with {SKIP}={command.name}"
            ) from problem
