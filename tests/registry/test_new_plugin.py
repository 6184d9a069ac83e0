"""A plugin as `ebgan-kit new-plugin` writes it, and the page that starts from it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from ebgan_kit import testing
from ebgan_kit.errors import UsageError
from ebgan_kit.registry import new_plugin as module
from ebgan_kit.registry.new_plugin import new_plugin

ROOT = Path(__file__).parents[2]

PAGE = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")


def install(package: Path, site: Path) -> None:
    """The package on a path of its own, its metadata written from its pyproject.toml: what pip
    would do, where no network and no build backend may be at hand."""
    project = tomllib.loads((package / "pyproject.toml").read_text())
    about = project["project"]
    site.mkdir(exist_ok=True)
    for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]:
        shutil.copy(package / name, site)
    info = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir()
    needs = [f"Requires-Dist: {requirement}" for requirement in about["dependencies"]]
    head = ["Metadata-Version: 2.1", f"Name: {about['name']}", f"Version: {about['version']}"]
    (info / "METADATA").write_text("\n".join([*head, *needs, ""]))
    lines = [f"{name} = {found}" for name, found in about["entry-points"]["ebgan_kit"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[ebgan_kit]", *lines, ""]))


def run(site: Path, *words: object) -> str:
    """What a Python of its own prints, with the packages of `site` installed."""
    found = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=site.parent,
        env=os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


# What is written


@pytest.mark.slow
def test_it_passes_its_own_tests(tmp_path: Path) -> None:
    package = new_plugin("skin-tone", tmp_path)
    install(package, tmp_path / "site")
    said = run(tmp_path / "site", "-m", "pytest", "-q", "-W", "error::UserWarning", package)
    assert re.search(r"^4 passed", said, re.MULTILINE), said


def test_pip_installs_it(tmp_path: Path) -> None:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds it, is not installed")
    package, site = new_plugin("sharpness", tmp_path), tmp_path / "site"
    how = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", site]
    run(site, "-m", "pip", "install", *how, package)
    assert "ebgan-kit-sharpness" in run(site, "-m", "ebgan_kit", "plugins")
    described = run(site, "-m", "ebgan_kit", "parts", "loss", "sharpness")
    assert "from plugin sharpness" in described
    assert "margin" in described


def test_the_files_and_what_they_are_called(tmp_path: Path) -> None:
    package = new_plugin("skin-tone", tmp_path)
    assert package == tmp_path / "ebgan-kit-skin-tone"
    assert files(package) == {
        "pyproject.toml",
        "README.md",
        "ebgan_kit_skin_tone.py",
        "quickstart.toml",
        "tests/test_skin_tone.py",
    }
    text = "".join((package / name).read_text() for name in files(package))
    assert "the-name" not in text
    assert "the_name" not in text
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == [f"ebgan-kit>={version('ebgan-kit')}"]
    assert project["entry-points"]["ebgan_kit"] == {"skin-tone": "ebgan_kit_skin_tone"}


def test_what_python_leaves_in_the_template_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installers compile every module of a package."""
    template = tmp_path / "template"
    shutil.copytree(Path(str(module.TEMPLATE)), template)
    (template / "__pycache__").mkdir(exist_ok=True)
    (template / "__pycache__" / "module.pyc").write_bytes(b"\xff\x00")
    monkeypatch.setattr(module, "TEMPLATE", template)
    assert not [name for name in files(new_plugin("skin-tone", tmp_path)) if "pyc" in name]


# What is refused


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sharpness", "small letters, digits and single hyphens"),
        ("skin_tone", "small letters, digits and single hyphens"),
        ("skin--tone", "small letters, digits and single hyphens"),
        ("-tone", "small letters, digits and single hyphens"),
        ("3d", "small letters, digits and single hyphens"),
        ("../tone", "small letters, digits and single hyphens"),
        ("", "small letters, digits and single hyphens"),
        ("class", "has a meaning in the plugin's own code"),
        ("register", "has a meaning in the plugin's own code"),
        ("float", "has a meaning in the plugin's own code"),
        ("train", "has a meaning in the plugin's own code"),
        ("cycle", "ebgan-kit has a loss 'cycle' already"),
        ("ebgan-kit", "a plugin 'ebgan-kit' is installed already"),
    ],
)
def test_a_name_that_cannot_be(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        new_plugin(name, tmp_path)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ebgan-kit-skin-tone").mkdir()
    with pytest.raises(UsageError, match="ebgan-kit-skin-tone exists: take another name"):
        new_plugin("skin-tone", tmp_path)
    (tmp_path / "ebgan-kit-sharpness").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="ebgan-kit-sharpness exists"):
        new_plugin("sharpness", tmp_path)
    assert files(tmp_path) == set()


def test_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    write = Path.write_text

    def until_full(self: Path, *given: Any, **how: Any) -> int:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(self)
        return write(self, *given, **how)

    monkeypatch.setattr(Path, "write_text", until_full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        new_plugin("skin-tone", tmp_path)
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        new_plugin("skin-tone", tmp_path / "missing")


def test_the_command(command: Callable[..., Any], tmp_path: Path) -> None:
    answer = command("new-plugin", "skin-tone")
    assert answer.status == 0
    assert "wrote ebgan-kit-skin-tone" in answer.out
    assert 'pip install -e "./ebgan-kit-skin-tone[test]"' in answer.out
    assert (tmp_path / "ebgan-kit-skin-tone" / "pyproject.toml").is_file()
    again = command("new-plugin", "skin-tone")
    assert again.status == 2
    assert len(again.err.splitlines()) == 1


# The page


FENCED = re.compile(r'(?ms)^``` ?\{? ?\.?(\w+) title="([^"]+)" ?\}?\n(.*?)^```')
"""Language, path and text of every file, or part of a file, that the page gives."""

BEGUN = re.findall(r"(?m)^\$ ebgan-kit new-plugin (\S+)$", PAGE)
"""The plugins that the page begins."""


def follow(name: str, folder: Path) -> Path:
    """The package as a reader of the page has it in the end."""
    package = new_plugin(name, folder)
    for language, title, block in FENCED.findall(PAGE):
        path = folder / title
        if not title.startswith(f"{package.name}/"):
            continue
        if language == "python" and path.is_file() and not block.startswith('"""'):
            path.write_text(changed(path.read_text(), block))
        else:
            path.write_text(block)
    return package


def changed(module: str, block: str) -> str:
    """A module with the page's functions in place of its own of that name, or at its end."""
    (name,) = re.findall(r"(?m)^def (\w+)\(", block)
    before, found, after = module.partition(f"def {name}(")
    if not found:
        return f"{module}\n\n{block}"
    rest = after.partition("\n\n\n")[2]
    return f"{before}{block}\n\n{rest}"


@pytest.mark.docs
@pytest.mark.slow
def test_who_follows_the_page_has_plugins_that_work(tmp_path: Path) -> None:
    packages = [follow(name, tmp_path) for name in BEGUN]
    assert len(packages) == 3
    for package in packages:
        install(package, tmp_path / "site")
    said = run(tmp_path / "site", "-m", "pytest", "-q", "-W", "error::UserWarning", *packages)
    passed = re.search(r"^(\d+) passed", said, re.MULTILINE)
    assert passed is not None
    tests = [test.read_text() for test in tmp_path.glob("*/tests/test_*.py")]
    assert int(passed[1]) == sum(text.count("\ndef test_") for text in tests)


@pytest.mark.docs
def test_the_page_shows_the_loss_as_it_is_written(tmp_path: Path) -> None:
    written = (new_plugin("sharpness", tmp_path) / "ebgan_kit_sharpness.py").read_text()
    first = next(b for _, title, b in FENCED.findall(PAGE) if title.endswith("_sharpness.py"))
    assert first in written


@pytest.mark.docs
def test_the_page_names_every_file_that_is_written(tmp_path: Path) -> None:
    listed = set(re.findall(r"(?m)^      ([\w./]+)(?:  .*)?$", PAGE))
    assert listed == files(new_plugin("sharpness", tmp_path))


@pytest.mark.docs
def test_the_page_has_every_check() -> None:
    checks = {f"ebgan_kit.testing.{n}" for n in testing.__all__ if n.startswith("check_")}
    assert set(re.findall(r"(?m)^::: (\S+)$", PAGE)) == checks


@pytest.mark.docs
def test_the_pages_commands_name_files_that_are_there(tmp_path: Path) -> None:
    for name in BEGUN:
        new_plugin(name, tmp_path)
    named = re.findall(r"(?m)^\$ (?:ebgan-kit|pip|pytest) .*?(?:\./)?(ebgan-kit-[\w/.-]+)", PAGE)
    assert len(named) > 5
    assert all((tmp_path / path).exists() for path in named)
