"""The surface for authors of plugins: three modules, whose names and signatures are kept."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_origin

import pytest
import torch

from ebgan_kit import Faces, wanted_attributes

ROOT = Path(__file__).parents[2]

SURFACE = {
    "ebgan_kit": {
        "Chance": "(seed: 'int', number: 'Tensor') -> None",
        "Change":
            "(exemplar: 'P', mask: 'str | Sequence[str] | P | None' = None, exemplar_mask: 'str "
            "| Sequence[str] | P | None' = None, attributes: 'Switches | None' = None, eyes: "
            "'Eyes | None' = None, face: 'int | None' = None, strength: 'float' = 1) -> None",
        "Edit":
            "(source: 'Faces', exemplar: 'Faces', wanted: 'Tensor | None', completed: 'Tensor', "
            "reconstruction: 'Tensor | None' = None, code: 'Tensor | None' = None, extra: "
            "'Mapping[str, Tensor]' = <factory>) -> None",
        "Editor":
            "(header: 'Header', model: 'Any', device: 'torch.device | str', judge: 'Judge | "
            "None' = None, precision: 'str' = 'float32') -> None",
        "Faces":
            "(image: 'Tensor', region: 'Tensor | None' = None, attributes: 'Tensor | None' = "
            "None, landmarks: 'Tensor | None' = None, parts: 'Tensor | None' = None, identity: "
            "'Tensor | None' = None, index: 'Tensor | None' = None, order: 'Tensor | None' = "
            "None, mate: 'Faces | None' = None) -> None",
        "LANDMARKS": "tuple",
        "Mark": "(model: 'str', sha256: 'str') -> None",
        "Networks": "(model: 'Any', discriminator: 'Any', classifier: 'Any' = None) -> None",
        "PARTS": "tuple",
        "REGIONS": "tuple",
        "Task":
            "(size: 'int', attributes: 'tuple[str, ...]' = (), pretrained: 'bool' = True) -> None",
        "UsageError": "type",
        "Verdict": "(scores: 'tuple[Tensor, ...]', attributes: 'Tensor | None' = None) -> None",
        "Was": "(name: 'str') -> None",
        "composite": "(completed: 'Tensor', source: 'Tensor', region: 'Tensor') -> 'Tensor'",
        "frozen": "(network: 'nn.Module') -> 'Iterator[None]'",
        "hookimpl": "HookimplMarker",
        "load": (
            "(path: 'ModelFile | Path | str', device: 'torch.device | str | None' = None) -> "
            "'Editor'"
        ),
        "of_pairs": (
            "(source: 'Tensor | None', exemplar: 'Tensor | None', seed: 'int' = 0) -> 'Chance'"
        ),
        "parse":
            "(document: 'Mapping[str, Any]', overrides: 'Sequence[str]' = (), origin: 'str' = "
            "'recipe', only: 'Sequence[str]' = ('model', 'data', 'mask', 'pairing', 'encoder', "
            "'generator', 'discriminator', 'classifier', 'adversarial', 'augment', 'optimizer', "
            "'schedule', 'loss', 'watch'), recorded: 'bool' = False) -> 'Recipe'",
        "read": (
            "(path: 'Path | str', overrides: 'Sequence[str]' = (), recorded: 'bool' = False) -> "
            "'Recipe'"
        ),
        "region_of": "(faces: 'Faces') -> 'Tensor'",
        "train":
            "(recipe: 'Recipe | Path | str', folder: 'Path | str | None' = None, resume: 'bool' "
            "= False) -> 'Path'",
        "wanted_attributes": "(exemplar: 'Faces', wanted: 'Tensor | None') -> 'Tensor'",
    },
    "ebgan_kit.parts.nn": {
        "Norm": "typing.Literal['none', 'batch', 'instance']",
        "Residual": "(channels: 'int', norm: 'Norm' = 'none') -> 'None'",
        "Sees": "typing.Literal['region', 'face', 'close']",
        "close_up":
            "(view: 'Tensor', region: 'Tensor', size: 'int', margin: 'float' = 0.0) -> 'Tensor'",
        "convolution":
            "(inputs: 'int', outputs: 'int', stride: 'int' = 1, norm: 'Norm' = 'none') -> "
            "'nn.Sequential'",
        "doubling": "(inputs: 'int', outputs: 'int', norm: 'Norm' = 'none') -> 'nn.Sequential'",
        "halvings":
            "(inputs: 'int', outputs: 'Sequence[int]', norm: 'Norm' = 'none') -> 'nn.Sequential'",
        "in_range": "(image: 'Tensor', training: 'bool') -> 'Tensor'",
        "require_depth": "(size: 'int', depth: 'int') -> 'None'",
        "sample": "(image: 'Tensor', centre: 'Tensor', half: 'Tensor', size: 'int', "
        "turn: 'Tensor | None' = None) -> 'Tensor'",
        "spread": "(code: 'Tensor', like: 'Tensor') -> 'Tensor'",
        "square_about": "(region: 'Tensor') -> 'tuple[Tensor, Tensor]'",
        "standardised": "(image: 'Tensor', region: 'Tensor') -> 'Tensor'",
        "unit": "(code: 'Tensor') -> 'Tensor'",
        "view_of": "(image: 'Tensor', region: 'Tensor', sees: 'Sees') -> 'Tensor'",
        "view_size": "(size: 'int', sees: 'Sees') -> 'int'",
        "widths": "(width: 'int', depth: 'int', most: 'int | None' = None) -> 'list[int]'",
    },
    "ebgan_kit.testing": {
        "check_adversarial":
            "(part: 'Callable[..., Any]', /, edit: 'Edit | None' = None, networks: 'Networks | "
            "None' = None, **keys: 'Any') -> 'None'",
        "check_augment":
            "(part: 'Callable[..., Any]', /, faces: 'Faces | None' = None, **keys: 'Any') -> "
            "'None'",
        "check_classifier":
            "(part: 'Callable[..., Any]', /, task: 'Task' = Task(size=64, attributes=('Smiling', "
            "'Mustache', 'Wearing_Lipstick'), pretrained=False), **keys: 'Any') -> 'None'",
        "check_data": "(part: 'Callable[..., Any]', /, **keys: 'Any') -> 'None'",
        "check_discriminator":
            "(part: 'Callable[..., Any]', /, task: 'Task' = Task(size=64, attributes=('Smiling', "
            "'Mustache', 'Wearing_Lipstick'), pretrained=False), **keys: 'Any') -> 'None'",
        "check_encoder":
            "(part: 'Callable[..., Any]', /, task: 'Task' = Task(size=64, attributes=('Smiling', "
            "'Mustache', 'Wearing_Lipstick'), pretrained=False), **keys: 'Any') -> 'None'",
        "check_generator":
            "(part: 'Callable[..., Any]', /, task: 'Task' = Task(size=64, attributes=('Smiling', "
            "'Mustache', 'Wearing_Lipstick'), pretrained=False), **keys: 'Any') -> 'None'",
        "check_loss":
            "(part: 'Callable[..., Any]', /, edit: 'Edit | None' = None, networks: 'Networks | "
            "None' = None, **keys: 'Any') -> 'None'",
        "check_mask":
            "(part: 'Callable[..., Any]', /, faces: 'Faces | None' = None, **keys: 'Any') -> "
            "'None'",
        "check_model":
            "(recipe: 'Path | str | Mapping[str, Any]', folder: 'Path | str', overrides: "
            "'Sequence[str]' = ()) -> 'Path'",
        "check_optimizer": "(part: 'Callable[..., Any]', /, **keys: 'Any') -> 'None'",
        "check_pairing":
            "(part: 'Callable[..., Any]', /, faces: 'Faces | None' = None, **keys: 'Any') -> "
            "'None'",
        "check_schedule": "(part: 'Callable[..., Any]', /, **keys: 'Any') -> 'None'",
        "check_watch": "(part: 'Callable[..., Any]', /, **keys: 'Any') -> 'None'",
        "drawn_edit": "(networks: 'Networks', faces: 'Faces | None' = None) -> 'Edit'",
        "drawn_faces":
            "(count: 'int' = 4, size: 'int' = 64, attributes: 'Sequence[str]' = ('Smiling', "
            "'Mustache', 'Wearing_Lipstick')) -> 'Faces'",
        "drawn_networks":
            "(task: 'Task' = Task(size=64, attributes=('Smiling', 'Mustache', "
            "'Wearing_Lipstick'), pretrained=False)) -> 'Networks'",
    },
}  # fmt: skip
"""Module → name → signature, or what a name is that has none.

A change here is a change for authors: it goes into the CHANGELOG, and what is taken away is said by
a DeprecationWarning for one version.
"""


def _said(value: Any) -> str:
    """A signature, or the choices of a Literal, or the type of anything else."""
    is_error = inspect.isclass(value) and issubclass(value, Exception)
    if inspect.isfunction(value) or (inspect.isclass(value) and not is_error):
        return str(inspect.signature(value))
    return str(value) if get_origin(value) is Literal else type(value).__name__


@pytest.mark.parametrize("module", SURFACE)
def test_names_and_signatures(module: str) -> None:
    public = import_module(module)
    assert {name: _said(getattr(public, name)) for name in public.__all__} == SURFACE[module]


def test_the_surface_is_imported_when_it_is_asked_for() -> None:
    code = "import sys, ebgan_kit; print({'torch', 'pydantic', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# Nothing of ours that an author reads reaches deeper


def _files() -> dict[str, str]:
    """Our plugins, the template, and the Python of the pages for authors: name → code."""
    folders = (ROOT / "plugins", ROOT / "ebgan_kit" / "registry" / "template")
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    code = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in paths}
    for page in ("plugins.md", "writing-a-plugin.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        blocks = re.findall(r"(?ms)^```(?: \{ \.)?python.*?\n(.*?)^```", text)
        code |= {f"{page}, block {n}": block for n, block in enumerate(blocks, 1)}
    return code


CODE = _files()


@pytest.mark.parametrize("name", CODE)
def test_authors_import_from_the_surface_alone(name: str) -> None:
    for node in ast.walk(ast.parse(CODE[name])):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
            assert not [m for m in modules if _ours(m) and m not in SURFACE], modules
        if isinstance(node, ast.ImportFrom) and _ours(node.module or ""):
            assert node.module in SURFACE, node.module
            names = {alias.name for alias in node.names}
            assert names <= SURFACE[node.module].keys(), node.module


def _ours(module: str) -> bool:
    return module.partition(".")[0] == "ebgan_kit"


def test_there_is_something_to_look_at() -> None:
    assert any("attgan" in name for name in CODE)
    assert any("template" in name for name in CODE)
    assert len([name for name in CODE if name.startswith("writing-a-plugin.md")]) > 5


# Which attributes are asked for


def test_wanted_attributes() -> None:
    known = Faces(torch.zeros(2, 3, 4, 4), attributes=torch.tensor([[1.0], [0.0]]))
    unknown = Faces(torch.zeros(2, 3, 4, 4))
    wish = torch.tensor([[0.0], [1.0]])
    assert wanted_attributes(known, wish) is wish
    assert wanted_attributes(unknown, wish) is wish
    assert wanted_attributes(known, None) is known.attributes
    with pytest.raises(ValueError, match="nobody says what the exemplars show"):
        wanted_attributes(unknown, None)
