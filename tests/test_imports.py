"""What several tests share stands in `fixtures/`: a test of one room can be read and run alone."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def imports(code: str) -> set[str]:
    """The modules that a file imports, at its head or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def of_tests(code: str) -> list[str]:
    """Those imports that are of another test, or of pytest's conftest."""
    words = {name: name.split(".") for name in imports(code)}
    own = ("", "tests", "conftest")
    return [n for n, w in words.items() if w[0] in own or w[-1].startswith("test_")]


def test_no_test_imports_from_another() -> None:
    files = {path.relative_to(TESTS): path.read_text() for path in TESTS.rglob("*.py")}
    assert len(files) > 40
    assert {path: found for path, code in files.items() if (found := of_tests(code))} == {}


def test_such_an_import_is_found() -> None:
    code = "def one():\n    from test_data import celeba\nfrom conftest import A\nimport fixtures"
    assert sorted(of_tests(code)) == ["conftest", "test_data"]
