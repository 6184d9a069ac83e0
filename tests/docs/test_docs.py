"""The docs say what is so: recipes parse, examples run, commands and links exist, all is there."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import io
import re
import shlex
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from posixpath import normpath
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image

import ebgan_kit
from ebgan_kit.cli.app import app
from ebgan_kit.editing.export import export
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.recipe.grammar import REQUIRED
from ebgan_kit.recipe.recipe import parse, read
from ebgan_kit.registry import hookspecs
from ebgan_kit.registry.part import KINDS
from ebgan_kit.registry.plugins import registry

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]


def _hook(name: str) -> ModuleType:
    """A module that generates a part of the docs."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sys.path.insert(0, str(ROOT / "docs"))  # MkDocs does so, and a hook imports what is beside it
HOOKS = _hook("hooks")
GALLERY = _hook("gallery")

PAGES: dict[str, str] = HOOKS.pages() | {
    path.relative_to(ROOT / "docs").as_posix(): HOOKS.fill(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "docs").rglob("*.md"))
}
"""Path → text of every page, the generated ones too."""

DRAWN = set(GALLERY.SHOWN.findall(PAGES["gallery.md"]))
"""Pictures that are made while the site is built."""

README = (ROOT / "README.md").read_text(encoding="utf-8")

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

TEXTS = PAGES | {"../README.md": README, "../CONTRIBUTING.md": CONTRIBUTING}

FENCED = re.compile(r"^```(\w*).*?\n(.*?)^```", re.MULTILINE | re.DOTALL)

HUE = ROOT / "plugins" / "ebgan-kit-hue"


def _blocks(language: str) -> list[Any]:
    """Every fenced block of a language, named by its page and number, for parametrize."""
    blocks = []
    for page, text in TEXTS.items():
        found = [m[2] for m in FENCED.finditer(text) if m[1] == language]
        blocks += [pytest.param(_included(b), id=f"{page}-{n}") for n, b in enumerate(found)]
    return blocks


def _included(block: str) -> str:
    """The block with the files that it includes."""
    return re.sub(r'--8<-- "(.+)"', lambda m: (ROOT / m[1]).read_text(encoding="utf-8"), block)


@pytest.mark.parametrize("block", _blocks("toml"))
def test_recipes_in_the_docs_parse(block: str) -> None:
    document = tomllib.loads(block)
    if "project" in document:
        return  # a plugin's pyproject.toml
    if "hue" in document.get("loss", {}) and "hue" not in registry().parts["loss"]:
        pytest.skip("the plugin ebgan-kit-hue is not installed")
    if not {"name", *REQUIRED} <= document.keys():
        whole = tomllib.loads((ROOT / "recipes" / "quickstart.toml").read_text(encoding="utf-8"))
        document = _laid_over(whole, document)
    parse(document)


def _laid_over(recipe: dict[str, Any], fragment: dict[str, Any]) -> dict[str, Any]:
    """The recipe with the fragment's tables in place of its own."""
    both = dict(recipe)
    for name, value in fragment.items():
        has_sides = isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
        both[name] = both.get(name, {}) | value if has_sides else value
    return both


TYPED = re.compile(r"(?ms)^```python\n(.*?)^```")
"""Python that a reader types. A block with a title is a file of a plugin, with tests of its own.

A page with `<!-- test: needs MODULE -->` is skipped where that is not installed.
"""


@pytest.fixture
def trained(model_file: Path, att_file: Path, judge_file: Path) -> dict[str, Path]:
    """How a recipe's name begins → what stands for the model that it trains."""
    return {
        "ebgan": model_file,
        "quickstart": model_file,
        "vector": model_file,
        "att": att_file,
        "judge": judge_file,
    }


def _lay_out(folder: Path, page: str, trained: dict[str, Path]) -> None:
    """What the reader of a page has by then: recipes, trained models and photographs."""
    (folder / "recipes").symlink_to(ROOT / "recipes")
    for name in set(re.findall(r'"runs/([\w-]+)/model.safetensors"', page)):
        model = folder / "runs" / name / "model.safetensors"
        model.parent.mkdir(parents=True)
        model.symlink_to(trained[name.partition("-")[0]])
    for name in set(re.findall(r'"(model\.(?:onnx|pt2))"', page)):
        export(trained["quickstart"], folder / name)
    if '"OWNER/NAME"' in page:  # of which a file here comes before the Hub
        (folder / "OWNER").mkdir()
        (folder / "OWNER" / "NAME").symlink_to(trained["quickstart"])
    pictures = sorted(set(re.findall(r'Image\.open\("([\w-]+\.\w+)"\)', page)))
    drawn = to_bytes(Synthetic(size=96).__getitems__(range(len(pictures))).image)
    for name, face in zip(pictures, drawn, strict=True):
        Image.fromarray(face.permute(1, 2, 0).numpy()).save(folder / name)


@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if TYPED.search(text)])
@pytest.mark.slow
def test_python_in_the_docs_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: dict[str, Path]
) -> None:
    text = TEXTS[page]
    for needed in re.findall(r"<!-- test: needs (\S+) -->", text):
        pytest.importorskip(needed)
    _lay_out(tmp_path, text, trained)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "docs"}
    for block in TYPED.finditer(text):
        above = "\n" * text.count("\n", 0, block.start(1))  # tracebacks name the page's own line
        exec(compile(above + block[1], f"docs/{page}", "exec"), names)


def test_files_in_the_docs_are_python() -> None:
    for block in _blocks("python"):
        compile(block.values[0], str(block.id), "exec")


def test_the_gallery_draws_what_it_shows() -> None:
    shown = GALLERY.pictures()
    assert {"faces.png", "masks.png", "truth.png"} <= shown.keys()
    for name, picture in shown.items():
        assert len(np.unique(np.asarray(Image.open(io.BytesIO(picture))))) > 100, name


def _commands(code: Callable[[str], str]) -> list[tuple[str, list[str]]]:
    """Every `ebgan-kit …` in a page's code: the page and the words after the program's name."""
    found = []
    for page, text in TEXTS.items():
        for line in code(text).replace("\\\n", " ").splitlines():
            match = re.match(r"\s*(?:\$ )?ebgan-kit ([a-z].*)", line)
            if match:
                found.append((page, shlex.split(match[1], comments=True)))
    return found


def _code(text: str) -> str:
    """Fenced blocks, indented lines and inline code, a line each."""
    fenced = [m[2] for m in FENCED.finditer(text)]
    rest = FENCED.sub("", text)
    indented = re.findall(r"(?m)^ {4}.*$", rest)
    inline = re.findall(r"`([^`\n]+)`", rest)
    return "\n".join([*fenced, *indented, *inline])


def _typed(text: str) -> str:
    """What a reader types into a shell, without where its output goes; no usage of a command."""
    blocks = [m[2] for m in FENCED.finditer(text) if m[1] in ("bash", "console")]
    return re.sub(r"(?m)\s[>|].*$|^.*\[OPTIONS\].*$", "", "\n".join(blocks))


COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_commands_and_their_options_exist() -> None:
    assert len(_commands(_code)) > 10
    for page, (name, *words) in _commands(_code):
        assert name in COMMANDS, f"{page}: ebgan-kit {name}"
        known = {flag for p in COMMANDS[name].params for flag in (*p.opts, *p.secondary_opts)}
        options = [word.strip("[]") for word in words if word.strip("[").startswith("-")]
        given = {option.partition("=")[0] for option in options}
        assert given <= known | {"--help", "-h"}, f"{page}: ebgan-kit {name} {' '.join(words)}"


@pytest.mark.parametrize(("page", "words"), _commands(_typed))
def test_commands_that_a_reader_types_parse(page: str, words: list[str]) -> None:
    COMMANDS[words[0]].make_context(words[0], words[1:])


TRAINED = sorted(
    " ".join(words)
    for _, (name, *words) in _commands(_code)
    if name in ("run", "check") and words and (ROOT / words[0]).is_file()
)


@pytest.mark.parametrize("command", TRAINED)
def test_overrides_in_commands_are_keys_of_the_recipe(command: str) -> None:
    recipe, *words = command.split()
    if recipe.startswith("plugins/"):
        pytest.importorskip(recipe.split("/")[1].replace("-", "_"))
    read(ROOT / recipe, [word for word in words if "=" in word])


def test_every_command_is_documented() -> None:
    assert all(f"## `ebgan-kit {name}`" in PAGES["command-line.md"] for name in COMMANDS)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", FENCED.sub("", text))
    return {_slug(heading) for heading in headings} | set(re.findall(r"(?m)^::: (\S+)$", text))


def _slug(heading: str) -> str:
    """A heading's anchor, as Python-Markdown makes it."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


@pytest.mark.parametrize("page", PAGES)
def test_links_and_anchors_resolve(page: str) -> None:
    text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", PAGES[page]))
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if "://" in target:
            continue
        path = normpath(str(PurePosixPath(page).parent / target)) if target else page
        if path not in PAGES and path.removeprefix("gallery/") not in DRAWN:
            assert (ROOT / "docs" / path).is_file(), f"{page} links to {target}"
        if anchor:
            assert anchor in _anchors(PAGES[path]), f"{page} links to {target}#{anchor}"


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_links_of_the_pages_beside_the_docs_resolve(text: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", FENCED.sub("", text)):
        assert "://" in target or (ROOT / target).exists(), target


KIT = ROOT / "ebgan_kit"


def test_the_readme_names_every_entry_of_the_package() -> None:
    tree = README.partition("\nebgan_kit/\n")[2].partition("\nplugins/")[0]
    named = re.findall(r"(?m)^  (\S+?)/?  +\S", tree)
    assert sorted(named) == sorted(e.name for e in KIT.iterdir() if e.name != "__pycache__")


def test_contributing_names_every_room_and_files_in_it() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)/` \|(.*)", CONTRIBUTING)
    rooms = {e.name for e in KIT.iterdir() if e.is_dir() and e.name != "__pycache__"}
    assert {room for room, _ in rows} == rooms
    for room, words in rows:
        for file in re.findall(r"`([\w/]+\.py)`", words):
            assert (KIT / room / file).is_file(), f"{room}/{file}"


def test_files_that_the_docs_name_exist() -> None:
    named = {path for text in TEXTS.values() for path in re.findall(r"\bebgan_kit/([\w/]+)", text)}
    walks = PAGES["rooms.md"] + PAGES["index.md"]
    named |= set(re.findall(r"\b(?:[a-z_]+/)+[a-z_]*(?:\.py)?(?=[`\s])", walks)) - {"ebgan_kit/"}
    assert len(named) > 40
    for path in named:
        assert any((KIT / f"{path}{suffix}").exists() for suffix in ("", ".py")), path


def test_the_rooms_are_drawn_from_the_imports() -> None:
    rooms, imports = HOOKS.rooms.rooms(), HOOKS.rooms.imports()
    assert imports["cli", "editing"] > 0
    assert all(rooms.index(importer) < rooms.index(imported) for importer, imported in imports)
    assert HOOKS.rooms.picture().count("<circle") == len(imports)
    assert HOOKS.rooms.picture() in PAGES["rooms.md"]


def test_the_readme_shows_the_plugin_as_it_is() -> None:
    blocks = [m[2].strip() for m in FENCED.finditer(README) if "@hookimpl" in m[2]]
    assert len(blocks) == 1
    assert blocks[0] in (HUE / "ebgan_kit_hue.py").read_text(encoding="utf-8")


def test_paths_of_recipes_in_the_docs_exist() -> None:
    for page, text in TEXTS.items():
        for path in re.findall(r"(?:plugins/[\w-]+/)?\brecipes/[\w-]+\.toml", text):
            assert (ROOT / path).is_file(), f"{page} names {path}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_and_key_is_in_the_reference(kind: str) -> None:
    page = PAGES[f"parts/{kind}.md"]
    assert HOOKS.parts_of(kind)
    for part in HOOKS.parts_of(kind):
        section = page.partition(f"\n## {part.name}\n")[2].partition("\n## ")[0]
        assert part.sentence.split("`")[0] in section.replace("\n", " "), part.name
        for key in part.keys.model_fields:
            assert f"| `{key}` |" in section, f"{part.name}.{key}"
        assert f"parts/{kind}.md" in PAGES["plugins.md"]
        assert f"({kind}.md#{part.name})" in PAGES["parts/index.md"]


def test_hooks_are_documented() -> None:
    functions = inspect.getmembers(hookspecs, inspect.isfunction)
    hooks = [name for name, function in functions if hasattr(function, "ebgan_kit_spec")]
    assert hooks == ["register"]
    for name in hooks:
        assert f"::: ebgan_kit.registry.hookspecs.{name}\n" in PAGES["plugins.md"]


def test_public_names_are_documented() -> None:
    for name in ebgan_kit.__all__:
        assert f"`{name}`" in PAGES["api.md"] or f"`ebgan_kit.{name}`" in PAGES["api.md"], name


def test_documented_names_exist() -> None:
    for page, text in PAGES.items():
        for path in re.findall(r"(?m)^::: (\S+)$", text):
            module, _, name = path.rpartition(".")
            assert hasattr(importlib.import_module(module), name), f"{page}: {path}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    named = set(re.findall(r"(?m)^\| `([\w-]+)` \| \w", PAGES["dependencies.md"]))
    packages = {re.split(r"[^\w-]", requirement)[0] for requirement in wanted}
    assert packages - {project["name"]} == named  # an extra may ask for another


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    for module in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(module, reason="the extra docs is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site" / "parts" / "loss" / "index.html").is_file()
