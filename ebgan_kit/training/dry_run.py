"""Build everything that a recipe names, and say what it came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.data.loading import open_data
from ebgan_kit.parts.data.unreadable import read_all
from ebgan_kit.recipe.device import autocast, device_of, in_words, require_compiler, settled
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.terminal.tables import listing
from ebgan_kit.training.discriminator_input import augmented, judges_augments
from ebgan_kit.training.objective import objective, terms_of
from ebgan_kit.training.pairs import Batch, group_size, pairs_of, piece_size
from ebgan_kit.training.trainer import first_batch
from ebgan_kit.types import Networks


def check(
    recipe: Recipe, tell: Callable[[int, int], None] = lambda done, total: None
) -> RenderableType:
    """Tables of the recipe's parts and networks; UsageError where something does not fit.

    A few real faces go through mask, pairing, networks and both sides of the objective, so that
    what would stop the first step of training is said here. Faces that come from files are all
    read once, so that none stops a later one; `tell(done, total)` is told how far that is.
    """
    settings = settled(recipe.train)
    if settings.compile:
        require_compiler(device_of(settings))
    networks = build_networks(recipe)
    data = open_data(recipe)
    if settings.images > len(data) and hasattr(data, "require_memory"):
        data.require_memory()  # as a run does before it prepares them
    batch = _few_pairs(recipe, data)
    if hasattr(recipe.tables["data"].keys, "skip_broken"):
        read_all(data, recipe.size, tell)
    with autocast(torch.device("cpu"), settings.precision):
        edit = networks.model(batch.source, batch.exemplar, batch.wanted)
        judged_by = augmented(networks, judges_augments(recipe), edit, 0, recipe.seed)
        for side in ("model", "critic"):
            objective(terms_of(recipe), side, edit, judged_by, 0)
    faces = f"{len(data):,} faces of {recipe.size} pixels: all fits."
    trains = f"It trains {in_words(settings)}."
    return Group(_parts(recipe), Text(), _networks(networks, batch), Text(f"\n{faces} {trains}"))


def _few_pairs(recipe: Recipe, data: Any) -> Batch:
    piece_size(recipe)
    return first_batch(recipe, data, pairs_of(recipe), max(2, group_size(recipe)))


def _parts(recipe: Recipe) -> Table:
    table = listing("table", "part", "keys", "plugin")
    for place, found in recipe.tables.items():
        keys = ", ".join(f"{k}={v}" for k, v in found.dump().items() if k != "use")
        table.add_row(f"[{place}]", found.part.name, keys, found.part.owner)
    return table


def _networks(networks: Networks, batch: Batch) -> Table:
    """A table of networks: output, parameters, and operations per image (a multiply-add as two)."""
    table = listing("network", "gives", "parameters", "operations per image")
    one = Batch(batch.source[:1], replace(batch.exemplar[:1], order=None), None)
    model = networks.model
    use = getattr(model, "edit", model)  # a judge edits nothing
    edit, operations = counted(lambda: use(one.source, one.exemplar, None))
    table.add_row("model, in use", _shape(edit.completed), _size(model), f"{operations:,}")
    for name, child in model.named_children():
        table.add_row(f"  {name}", _code(name, edit), _size(child), "")
    if networks.classifier is not None:
        table.add_row("classifier", "", _size(networks.classifier), "")
    if networks.discriminator is not None:
        judge = networks.discriminator
        verdict, operations = counted(lambda: judge(one.source.image, one.source.attributes))
        shapes = ", ".join(_shape(s) for s in verdict.scores)
        table.add_row("discriminator", shapes, _size(judge), f"{operations:,}")
    return table


def _code(name: str, edit: Any) -> str:
    return _shape(edit.code) if name == "encoder" and edit.code is not None else ""


@torch.no_grad()
def counted(function: Callable[[], Any]) -> tuple[Any, int]:
    """Return the function's result and the operations of its convolutions and matrix products.

    A multiply-add is two operations.
    """
    with FlopCounterMode(display=False) as counter:
        result = function()
    return result, counter.get_total_flops()


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape[1:])


def _size(network: nn.Module) -> str:
    return f"{parameters(network):,}"


def parameters(network: nn.Module) -> int:
    """Count the network's weights."""
    return sum(p.numel() for p in network.parameters())
