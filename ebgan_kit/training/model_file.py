"""The model file of a run: the weights that it starts from, and what the file says of itself."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import path_keys
from ebgan_kit.modelfile.header import Header
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.registry.plugins import installed
from ebgan_kit.types import Networks


def header_of(recipe: Recipe, images: int, template: Tensor, networks: Networks) -> Header:
    """Return the header of a model that a recipe was trained to on so many images.

    `template`: [5, 2], where landmarks lie in the faces, in units of the image.
    """
    owners = {table.part.owner for table in recipe.tables.values()}
    plugins = [plugin for plugin in installed() if plugin.name in owners]
    return Header(
        recipe=recipe.dump(),
        images=images,
        size=recipe.size,
        attributes=list(recipe.attributes),
        template=template.tolist(),
        plugins={plugin.name: plugin.version for plugin in plugins},
        packages={plugin.name: plugin.distribution for plugin in plugins},
        licences=_licences(networks),
        paths=path_keys(recipe),
    )


def _licences(networks: Networks) -> dict[str, str]:
    parts = {"classifier": networks.classifier} | dict(networks.model.named_children())
    found = {name: getattr(part, "licence", "") for name, part in parts.items()}
    return {name: licence for name, licence in found.items() if licence}


def start_from(path: Path, networks: Networks) -> None:
    """Fine-tune: the weights from a file; UsageError where they are not of such networks."""
    file = ModelFile.open(path)
    try:
        file.load_into(networks.model, networks.classifier)
    except ValueError as problem:
        raise UsageError(
            f"[train] start = {path}: its weights do not fit this recipe's networks; take [model], "
            f"[encoder], [generator] and [classifier] over from it ({problem})"
        ) from problem
