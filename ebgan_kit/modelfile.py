"""The model file: weights, and in its header all that one must know to edit with them.

This module does without torch where the header alone is read. Nothing in a model file is run: the
header is JSON, the weights are numbers, and the parts come from installed plugins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ebgan_kit.errors import UsageError
from ebgan_kit.parts import KIT
from ebgan_kit.plugins import SKIP, installed
from ebgan_kit.recipe import Recipe, parse

KEY = "ebgan-kit"
FORMAT = 1


@dataclass(frozen=True)
class Header:
    """What a model file says of itself."""

    recipe: Mapping[str, Any]
    """The resolved recipe, as a document."""
    images: int
    """How many source images it was trained on."""
    size: int
    attributes: list[str]
    """What the model edits, in its order."""
    template: list[list[float]]
    """[5][2]: where landmarks lie in the model's frame, in units of the image."""
    plugins: Mapping[str, str]
    """The version of each plugin that a part of the recipe comes from."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The distribution that each plugin is installed by; none in files older than this field."""
    licences: Mapping[str, str] = field(default_factory=dict)
    """Of pretrained weights that went into the model, by part."""
    normalisation: str = "colour levels 0 to 255 as -1 to 1"
    mask: str = "1 is to be filled"
    kit: str = field(default_factory=lambda: version("ebgan-kit"))
    format: int = FORMAT

    @property
    def whole_image(self) -> bool:
        """Whether the model was trained to edit all of a face: the composite then keeps a part."""
        return self.recipe["mask"]["use"] in ("whole", f"{KIT}:whole")


def read_header(path: Path | str) -> Header:
    """The header of a model file; UsageError where it is not one."""
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise UsageError(
            f"{path}: no such file; a run writes its model to runs/NAME/model.safetensors"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError) as problem:
        raise UsageError(f"{path}: is not a whole safetensors file ({problem})") from problem
    if text is None:
        raise UsageError(f"{path}: is a safetensors file, but not one that ebgan-kit wrote")
    return _header(path, text)


def _header(path: Path | str, text: str) -> Header:
    try:
        values = json.loads(text)
        written = values["format"]
        if written == FORMAT:
            return Header(**values)
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise UsageError(f"{path}: its header cannot be read ({problem})") from problem
    raise UsageError(
        f"{path}: has format {written}, and this version of ebgan-kit reads format {FORMAT}; "
        f"it was written by ebgan-kit {values.get('kit', '?')}: install that one"
    )


def recipe_in(path: Path | str, header: Header, only: Sequence[str]) -> Recipe:
    """What a model file's recipe says of these kinds.

    UsageError where a part is not to be had, with the plugin that it may be of and how to install
    it.
    """
    try:
        return parse(header.recipe, origin=f"{path} (its recipe)", only=only)
    except UsageError as problem:
        lines = [f"{path}: {sentence}" for sentence in _lacking(header)]
        raise UsageError("\n".join([str(problem), *lines])) from problem


def _lacking(header: Header) -> list[str]:
    """A sentence for each plugin that the file was made with and that cannot be used here."""
    here = {plugin.name: plugin for plugin in installed()}
    sentences = []
    for name, made_with in header.plugins.items():
        package = header.packages.get(name)
        way_out = f"pip install {package}=={made_with}" if package else "install its package"
        if name not in here:
            sentences.append(
                f"it was made with the plugin {name} {made_with}, which is not installed: {way_out}"
            )
        elif here[name].skipped:
            sentences.append(f"it was made with the plugin {name}, which is skipped by {SKIP}")
    return sentences


def write_model(path: Path, weights: Mapping[str, Any], header: Header) -> None:
    """Write weights and header, whole or not at all."""
    from safetensors.torch import save_file

    part = path.with_name(f".{path.name}.part")
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    save_file(whole, part, metadata=as_text(header))
    os.replace(part, path)


def as_text(header: Header) -> dict[str, str]:
    """The header as files keep it that hold text by name."""
    return {KEY: json.dumps(asdict(header))}
