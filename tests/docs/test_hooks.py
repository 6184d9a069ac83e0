"""Every hook of the kit is documented, is called, and has a test that shows what it does."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ebgan_kit.registry import hookspecs
from ebgan_kit.registry.plugins import registry

ROOT = Path(__file__).parents[2]

PAGES = [(ROOT / "docs" / name).read_text() for name in ("plugins.md", "writing-a-plugin.md")]

TESTS = [p.read_text() for p in ROOT.glob("tests/**/*.py") if p.name != Path(__file__).name]


def hooks(module: ModuleType) -> dict[str, list[str]]:
    """The names of a module's hooks, and of what each is called with."""
    functions = inspect.getmembers(module, inspect.isfunction)
    specified = [(n, f) for n, f in functions if hasattr(f, "ebgan_kit_spec")]
    return {name: list(inspect.signature(function).parameters) for name, function in specified}


def undocumented(names: dict[str, list[str]]) -> list[str]:
    """Hooks whose reference no page of plugins shows."""
    return [n for n in names if not any(f"\n::: {hookspecs.__name__}.{n}\n" in p for p in PAGES)]


def untested(names: dict[str, list[str]]) -> list[str]:
    """Hooks that no plugin of any test implements."""
    return [n for n in names if not any(re.search(rf"@hookimpl\s+def {n}\(", t) for t in TESTS)]


def test_every_hook_is_documented_and_tested() -> None:
    assert hooks(hookspecs)
    assert undocumented(hooks(hookspecs)) == []
    assert untested(hooks(hookspecs)) == []


def test_a_hook_that_nobody_wrote_of_is_found() -> None:
    later = ModuleType("later")

    @hookspecs.hookspec
    def trained(run: object) -> None:
        """Of a kit to come."""

    later.trained = trained  # type: ignore[attr-defined]
    assert undocumented(hooks(later)) == ["trained"]
    assert untested(hooks(later)) == ["trained"]


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The hooks that the kit has called of an installed plugin that implements them all."""
    lines = ["from ebgan_kit import hookimpl", "called = []"]
    for name, takes in hooks(hookspecs).items():
        call = f"def {name}({', '.join(takes)}):\n    called.append('{name}')"
        lines.append(f"@hookimpl\n{call}")
    (tmp_path / "plugin_recorder.py").write_text("\n".join(lines))
    metadata = tmp_path / "recorder-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: recorder\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[ebgan_kit]\nrecorder = plugin_recorder\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry.cache_clear()
    with pytest.warns(match="recorder 1.0 .* offers no part"):
        registry()
    yield sys.modules["plugin_recorder"].called
    del sys.modules["plugin_recorder"]
    registry.cache_clear()


def test_the_kit_calls_every_hook(called: list[str]) -> None:
    assert sorted(set(called)) == sorted(hooks(hookspecs))
