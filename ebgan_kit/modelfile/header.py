"""What a model file says of itself: all that one must know to edit with its weights.

This module does without torch. Nothing in a model file is run: the header is JSON, the weights are
numbers, and the parts come from installed plugins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tomli_w
from annotated_types import Ge, Le, Len, MaxLen
from pydantic import FiniteFloat, Strict, TypeAdapter, ValidationError

from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import MODEL_KEY
from ebgan_kit.registry.part import KIT

if TYPE_CHECKING:
    from ebgan_kit.recipe.recipe import Recipe

FORMAT = 1
# the bounds are those of the mask `region`
_GROW = TypeAdapter(
    dict[Literal["grow"], dict[str, Annotated[FiniteFloat, Strict(), Ge(-0.5), Le(2)]]]
)


@dataclass(frozen=True)
class Header:
    """What a model file says of itself."""

    recipe: Mapping[str, Any]
    """The resolved recipe, as a document."""
    images: int
    """How many source images it was trained on."""
    size: Annotated[int, Ge(8), Le(4096)]
    attributes: Annotated[list[str], MaxLen(1000)]
    """What the model edits, in its order."""
    template: Annotated[list[Annotated[list[FiniteFloat], Len(2, 2)]], Len(5, 5)]
    """[5][2]: where landmarks lie in the model's frame, in units of the image."""
    plugins: Mapping[str, str]
    """The version of each plugin that a part of the recipe comes from."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The distribution that each plugin is installed by; none in files older than this field."""
    licences: Mapping[str, str] = field(default_factory=dict)
    """Of pretrained weights that went into the model, by part."""
    paths: list[str] = field(default_factory=list)
    """Keys of the recipe that hold paths of its maker, such as `data.root`; see `folders.py`."""
    normalisation: str = "colour levels 0 to 255 as -1 to 1"
    mask: str = "1 is to be filled"
    kit: str = field(default_factory=lambda: version("ebgan-kit"))
    format: int = FORMAT

    @property
    def whole_image(self) -> bool:
        """Whether the model was trained to edit all of a face: the composite then keeps a part."""
        return self.recipe["mask"]["use"] in ("whole", f"{KIT}:whole")

    @property
    def masks(self) -> Sequence[Mapping[str, Any]]:
        """The tables [mask] that the model has learned to fill: one, or all of an `any-of`."""
        mask = self.recipe["mask"]
        return mask.get("of") or [mask]

    @property
    def regions(self) -> tuple[str, ...]:
        """The named regions that an edit fills if nobody says which; () for other masks."""
        return tuple(self.masks[0].get("regions", ()))

    @property
    def learned(self) -> tuple[str, ...]:
        """All named regions that the model has learned to fill."""
        return tuple(dict.fromkeys(name for mask in self.masks for name in mask.get("regions", ())))

    @property
    def grow(self) -> Mapping[str, float]:
        """By how much each named region that the model has learned to fill is larger than plain, in
        distances of the eyes; of several masks that name it the first counts."""
        return {
            name: mask.get("grow", 0.0)
            for mask in reversed(self.masks)
            if mask["use"] in ("region", f"{KIT}:region")
            and mask.get("by") != "parts"  # those grow from the outlines of labels
            for name in mask.get("regions", ())
        }

    @property
    def data(self) -> str:
        """The kit's or a plugin's name of the data that it was trained on."""
        return self.recipe["data"]["use"].removeprefix(f"{KIT}:")

    @property
    def edits(self) -> bool:
        """Whether it is a model that edits, and no judge."""
        return self.recipe["model"]["use"] not in ("judge", f"{KIT}:judge")

    @property
    def edits_unasked(self) -> bool:
        """Whether it edits without being told of each attribute: it has none, or a classifier."""
        return self.edits and (not self.attributes or "classifier" in self.recipe)

    @property
    def sentence(self) -> str:
        """What the model does, and how it came to it."""
        where = ", ".join(self.learned) or self.recipe["mask"]["use"]
        does = "edits all of faces" if self.whole_image else f"edits the region {where} of faces"
        return (
            f"{self.recipe['name']} {does if self.edits else 'finds attributes in faces'} of "
            f"{self.size} pixels: a model {self.recipe['model']['use']}, trained on "
            f"{self.images:,} images of {self.data}."
        )


def header_in(path: Path | str, text: str) -> Header:
    """Read the header out of its text; UsageError, which names the file, where it is none."""
    try:
        values = json.loads(text)
        json.dumps(values, ensure_ascii=False).encode()  # no text that cannot be written again
        written = values["format"]
        if written == FORMAT:
            header: Header = TypeAdapter(Header).validate_python(values)
            _ = header.sentence, header.data, header.whole_image  # the recipe has these tables
            _GROW.validate_python({"grow": header.grow})
            tomli_w.dumps(header.recipe)  # it was TOML: nothing in it is null
            return header
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: its header cannot be read: {place}: {first['msg']}") from problem
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise UsageError(f"{path}: its header cannot be read ({problem!r:.100})") from problem
    raise UsageError(
        f"{path}: has format {written}, and this version of ebgan-kit reads format {FORMAT}; "
        f"it was written by ebgan-kit {values.get('kit', '?')}: install that one"
    )


def recipe_in(path: Path | str, header: Header, only: Sequence[str]) -> Recipe:
    """What a model file's recipe says of these kinds.

    UsageError where a part is not to be had, with the plugin that it may be of and how to install
    it.
    """
    from ebgan_kit.recipe.recipe import parse

    try:
        return parse(header.recipe, origin=f"{path} (its recipe)", only=only, recorded=True)
    except UsageError as problem:
        lines = [f"{path}: {sentence}" for sentence in _lacking(header)]
        raise UsageError("\n".join([str(problem), *lines])) from problem


def _lacking(header: Header) -> list[str]:
    """A sentence for each plugin that the file was made with and that cannot be used here."""
    from ebgan_kit.registry.plugins import SKIP, installed

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


def as_text(header: Header) -> dict[str, str]:
    """The header as files keep it that hold text by name."""
    return {MODEL_KEY: json.dumps(asdict(header))}
