"""A plugin to begin with: a package that works, and passes its own tests, as it is written."""

from __future__ import annotations

import ast
import keyword
import os
import re
import tempfile
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import writing
from ebgan_kit.registry.part import KIT
from ebgan_kit.registry.plugins import installed, registry

TEMPLATE = files("ebgan_kit.registry") / "template"
"""A plugin called `the-name`."""


def new_plugin(name: str, parent: Path | str = ".") -> Path:
    """Write the package `ebgan-kit-NAME` into a folder, whole or not at all, and return its path.

    It offers a loss of that name. UsageError for a name that cannot be one, and where the package
    is there already or cannot be written.
    """
    _check_name(name)
    folder = Path(parent) / f"{KIT}-{name}"
    if os.path.lexists(folder):
        raise UsageError(f"{folder} exists: take another name, or move it away")
    with writing(folder), tempfile.TemporaryDirectory(prefix=f".{KIT}-", dir=parent) as place:
        whole = Path(place) / folder.name
        _copy(TEMPLATE, whole, name)
        os.rename(whole, folder)
    return folder


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"'{name}' cannot be the name of a plugin: take small letters, digits and single "
            "hyphens, such as sharpness or skin-tone"
        )
    if keyword.iskeyword(name) or name in _words(TEMPLATE):
        raise UsageError(f"'{name}' has a meaning in the plugin's own code: take another name")
    for plugin in installed():
        if plugin.name == name:
            raise UsageError(f"a plugin '{name}' is installed already: take another name")
    for part in registry().parts["loss"].get(name, []):
        raise UsageError(f"{part.owner} has a loss '{name}' already: take another name")


def _words(template: Traversable) -> set[str]:
    """Collect the names that the template's own code uses."""
    found: set[str] = set()
    for entry in template.iterdir():
        if entry.is_dir():
            found |= _words(entry)
        elif entry.name.endswith(".py"):
            for node in ast.walk(ast.parse(entry.read_text(encoding="utf-8"))):
                names = (getattr(node, kind, None) for kind in ("id", "arg", "name"))
                found |= {name for name in names if isinstance(name, str)}
    return found


def _copy(template: Traversable, target: Path, name: str) -> None:
    """A folder of the template with the name put in, in file names too."""
    target.mkdir()
    for entry in template.iterdir():
        path = target / _named(entry.name, name)
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            _copy(entry, path, name)
        else:
            path.write_text(_named(entry.read_text(encoding="utf-8"), name), encoding="utf-8")


def _named(text: str, name: str) -> str:
    text = text.replace(f'"{KIT}>=0"', f'"{KIT}>={version(KIT)}"')
    return text.replace("the-name", name).replace("the_name", name.replace("-", "_"))
