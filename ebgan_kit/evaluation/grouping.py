"""Rows of a comparison: models of one recipe that differ in their seeds are one."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from ebgan_kit.editing.editor import Editor
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.estimate import Estimate
from ebgan_kit.evaluation.metrics.baselines import BASELINES
from ebgan_kit.modelfile.file import ModelFile

Group = list[tuple[ModelFile, Editor]]
"""Models that differ in their seeds alone."""


def groups_of(models: Sequence[ModelFile], editors: Sequence[Editor]) -> list[Group]:
    """In the order given; UsageError where a recipe comes with one seed twice."""
    groups: dict[str, Group] = {}
    for model, editor in zip(models, editors, strict=True):
        header = editor.header
        recipe = {k: v for k, v in header.recipe.items() if k not in ("name", "seed")}
        key = json.dumps([recipe, header.images], sort_keys=True)
        group = groups.setdefault(key, [])
        for other, known in group:
            if known.header.recipe["seed"] == header.recipe["seed"]:
                raise UsageError(f"{model}: has recipe and seed of {other}: leave one of them out")
        group.append((model, editor))
    return list(groups.values())


def names_of(groups: Sequence[Group]) -> list[str]:
    """For each the model's part, or the recipe's name where another has that part, or the file."""
    choices = []
    for group in groups:
        recipes = [editor.header.recipe for _, editor in group]
        part = recipes[0]["model"]["use"].rpartition(":")[2]
        choices.append((part, _shared([recipe["name"] for recipe in recipes]), str(group[0][0])))
    taken = [name for names in choices for name in {*names}] + list(BASELINES)
    return [next((n for n in names if taken.count(n) == 1), names[-1]) for names in choices]


def _shared(names: Sequence[str]) -> str:
    """What names of several seeds begin with, such as `mine` of `mine-0` and `mine-1`."""
    pieces = zip(*(name.split("-") for name in names), strict=False)
    shared = takewhile(lambda each: len({*each}) == 1, pieces)
    return "-".join(piece for piece, *_ in shared) or names[0]


def row_of(name: str, group: Group) -> dict[str, Any]:
    """What a row says beside its figures; an empty group is a baseline."""
    header = group[0][1].header if group else None
    return {
        "name": name,
        "models": [str(model) for model, _ in group],
        "sha256": [model.sha256 for model, _ in group],
        "seeds": len(group),
        "switches": list(header.attributes) if header else [],
        "whole_image": header.whole_image if header else False,
    }


def merged(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row's figures: of several seeds the mean of each, with the lowest and the highest.

    A figure without an interval, of too few people, keeps none.
    """
    if len(figures) == 1:
        return figures[0]
    return {name: _merged([each[name] for each in figures]) for name in figures[0]}


def _merged(values: Sequence[Any]) -> Any:
    first = values[0]
    if not isinstance(first, dict):
        return first  # a number that the recipe decides
    if "value" not in first:
        return merged(values)
    known = [figure["value"] for figure in values if figure["value"] is not None]
    if not known:
        return first
    if any(figure["low"] is None for figure in values):
        return Estimate(statistics.fmean(known)).as_dict()
    return Estimate(statistics.fmean(known), min(known), max(known)).as_dict()
