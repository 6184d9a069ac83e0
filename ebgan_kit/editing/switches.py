"""Attributes that are switched on or off in an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.editing.classifier import Judge
from ebgan_kit.errors import UsageError, nearest, shown
from ebgan_kit.parts.masks.reach import reach
from ebgan_kit.types import Faces

Switches = Mapping[str, bool]
"""Such as `{"Mustache": False}`; what is not named is as the exemplar has it."""


STRONGEST = 2
"""How far attributes go at most: twice as far as from what the source has to what is wanted."""


def check_values(switches: Any) -> None:
    """UsageError for switches that are no mapping to true or false; 1 and 0 are taken for these."""
    if not isinstance(switches, Mapping):
        raise UsageError(
            f"attributes are of the type {type(switches).__name__}: expected are names and "
            "switches, such as {'Mustache': False}"
        )
    for name, value in switches.items():
        if not is_switch(value):
            raise UsageError(f"{name}: a switch is True or False, and not {shown(value)}")


def check_strength(strength: Any) -> None:
    """UsageError for a strength that is no number from 0 to 2."""
    number = isinstance(strength, Real) and not isinstance(strength, bool)
    if not (number and 0 <= strength <= STRONGEST):
        raise UsageError(
            f"the strength is {shown(strength)}: expected is a number from 0 to {STRONGEST}"
        )


def is_switch(value: Any) -> bool:
    """Whether a value is true or false, or 1 or 0."""
    try:
        return bool(value in (False, True))  # also numpy's, and a tensor of one
    except (RuntimeError, ValueError):  # several at once
        return False


def check_switches(
    switches: Switches,
    names: Sequence[str],
    face: Faces,
    exemplar: Faces,
    judge: Judge | None,
) -> None:
    """UsageError for a switch that the model does not have or a region cannot show, and where
    nobody says what of these the exemplar has.

    `names`: the model's attributes. Of the faces only the regions are looked at.
    """
    for name, value in switches.items():
        if not names:
            raise UsageError(f"this model edits no attributes: it has no switch {name}")
        if name not in names:
            raise UsageError(f"this model has no switch {name}{nearest(name, names)}")
        if not all(reach(f, (name,)).any() for f in ((face, exemplar) if value else (face,))):
            raise UsageError(
                f"the mask does not cover where {name} shows: leave its switch out, or give a "
                "larger mask"
            )
    if judge is not None:
        return
    showing = [name for name in names if reach(face, (name,)).any()]
    if not switches.keys() >= set(showing):
        raise UsageError(
            "this model has no classifier to find attributes in the exemplar: switch each of "
            f"{', '.join(showing)} on or off"
        )


def labelled(faces: Faces, names: Sequence[str], judge: Judge | None) -> Faces:
    """The faces with a model's attributes alone, [B, names]: the first of those that are known, or
    what the judge finds; without either, with none."""
    known = faces.attributes if names else None
    if names and known is None and judge is not None:
        known = judge.finds(faces.image)
    return replace(faces, attributes=None if known is None else known[:, : len(names)])


def wanted(switches: Switches, names: Sequence[str], exemplar: Faces) -> Tensor | None:
    """[B, n] in {0, 1}: as the exemplars are labelled, and as the switches say.

    None for a model without attributes.
    """
    if not names:
        return None
    found = exemplar.attributes
    found = torch.zeros(exemplar.image.shape[0], len(names)) if found is None else found
    for name, value in switches.items():
        found = switched(found, names, name, value)
    return found


def check_graded(model: Any, names: Sequence[str], judge: Judge | None) -> None:
    """UsageError for a model whose attributes cannot be turned down or up."""
    if not names:
        raise UsageError(
            "this model edits no attributes, which a strength turns down: leave it out, or take a "
            "model that has some"
        )
    if not getattr(model, "graded", False):
        raise UsageError(
            "this model has an attribute or has it not, and nothing between: leave the strength out"
        )
    if judge is None:
        raise UsageError(
            "this model has no classifier to find the source's attributes, from which a strength "
            "counts: leave it out"
        )


def graded(wanted: Tensor, source: Faces, strength: float) -> Tensor:
    """y_A + s·(y - y_A), [B, n]: what is wanted at a strength s, of a source labelled y_A."""
    assert source.attributes is not None
    own = source.attributes.to(wanted)
    return own + strength * (wanted - own)


def takes_all(wanted: Tensor, exemplar: Faces) -> Tensor:
    """[B], bool: whether an edit has all that its exemplar is labelled with, at full strength."""
    assert exemplar.attributes is not None
    has = exemplar.attributes.to(wanted)
    return ((wanted >= has) | (has == 0)).all(1)


def switched(wanted: Tensor, names: Sequence[str], name: str, value: bool) -> Tensor:
    """What is wanted, [B, n], with one attribute on or off."""
    changed = wanted.clone()
    changed[:, names.index(name)] = float(value)
    return changed
