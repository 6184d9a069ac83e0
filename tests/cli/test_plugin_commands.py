"""Commands of plugins: in the help without an import, and imported where they are called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ebgan_kit.registry.installed import SKIP

HELLO = '''
from typing import Annotated

import typer

from ebgan_kit import UsageError


def hello(
    name: Annotated[str, typer.Argument(help="Whom to greet.")],
    times: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Greet somebody."""
    if name == "nobody":
        raise UsageError("nobody is there: say another name")
    print("hello " * times + name)
'''

BROKEN = "raise RuntimeError('no graphics today')"

Install = Callable[..., None]
Command = Callable[..., Any]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """`install("bright", code, {"hello": "hello"})`: a distribution `its-bright` 1.0 with commands.

    `commands`: name → function of `code`. `more`: other lines of its entry points, of its metadata.
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def write(
        name: str, code: str, commands: Mapping[str, str], points: str = "", needs: str = ""
    ) -> None:
        module = f"commands_{name}"
        monkeypatch.delitem(sys.modules, module, raising=False)
        (site / f"{module}.py").write_text(code)
        metadata = site / f"its_{name}-1.0.dist-info"
        metadata.mkdir()
        head = f"Metadata-Version: 2.1\nName: its-{name}\nVersion: 1.0\n{needs}"
        (metadata / "METADATA").write_text(head)
        lines = [f"{command} = {module}:{function}" for command, function in commands.items()]
        text = "\n".join(["[ebgan_kit.commands]", *lines, points])
        (metadata / "entry_points.txt").write_text(text)

    return write


def test_a_command_is_called(install: Install, command: Command) -> None:
    install("bright", HELLO, {"hello": "hello"})
    answer = command("hello", "you", "--times", 2)
    assert (answer.status, answer.out) == (0, "hello hello you\n")
    assert "Whom to greet." in command("hello", "--help").out
    assert command("hello").status == 2
    nobody = command("hello", "nobody")
    assert (nobody.status, nobody.err) == (2, "ebgan-kit: nobody is there: say another name\n")


def test_the_help_names_it_and_imports_nothing(install: Install, command: Command) -> None:
    install("broken", BROKEN, {"hello": "hello"})
    answer = command("--help")
    panel = answer.out.partition("Plugins")[2]
    assert "hello" in panel
    assert "its-broken 1.0" in panel
    assert answer.err == ""
    assert "its-broken" in command("plugins").out
    assert "commands_broken" not in sys.modules


def test_a_command_that_cannot_be_loaded(install: Install, command: Command) -> None:
    install("broken", BROKEN, {"hello": "hello"})
    install("empty", HELLO, {"bye": "bye", "five": "FIVE"})
    answer = command("hello")
    assert answer.status == 2
    assert answer.err == (
        "ebgan-kit: command hello 1.0 (of its-broken) could not be loaded (RuntimeError: no "
        f"graphics today); mend it, uninstall it, or skip it with {SKIP}=hello\n"
    )
    assert "has no attribute 'bye'" in command("bye").err


def test_a_command_for_another_version_of_the_kit(install: Install, command: Command) -> None:
    install("bright", BROKEN, {"hello": "hello"}, needs="Requires-Dist: ebgan-kit>=9\n")
    assert "it was written for ebgan-kit>=9" in command("hello").err


@pytest.mark.parametrize("skipped", ["hello", "light, shade"])
def test_a_command_is_skipped_by_its_name_and_by_its_plugins(
    install: Install, command: Command, monkeypatch: pytest.MonkeyPatch, skipped: str
) -> None:
    install("bright", HELLO, {"hello": "hello"}, "[ebgan_kit]\nshade = nothing_of_that_name")
    monkeypatch.setenv(SKIP, skipped)
    assert "hello" not in command("--help").out
    assert "No such command 'hello'" in command("hello", "you").err
    assert f"skipped by {SKIP}" in command("plugins").out.partition("command")[2]


def test_a_command_of_the_kit_is_not_replaced(install: Install, command: Command) -> None:
    install("bright", BROKEN, {"parts": "hello"})
    assert "cycle" in command("parts", "loss").out
    help = command("--help")
    assert "its-bright" not in help.out
    assert help.err == (
        "warning: command parts 1.0 (of its-bright) is left out, for the kit has one of that name: "
        f"uninstall it, or skip it with {SKIP}=parts\n"
    )
    assert "left out: the kit has one of that name" in command("plugins").out


def test_a_command_of_two_packages(install: Install, command: Command) -> None:
    for name in ("bright", "other"):
        install(name, HELLO, {"hello": "hello"})
    assert command("hello", "you").err == (
        "ebgan-kit: 2 packages offer the command 'hello', its-bright 1.0 and its-other 1.0: "
        "uninstall one\n"
    )
