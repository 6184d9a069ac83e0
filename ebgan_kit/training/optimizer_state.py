"""The state of an optimiser in a checkpoint, looked at before it is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor


def check_state(optimizer: Any, state: Mapping[str, Any]) -> None:
    """Check that a state is one of this optimiser; ValueError where it is not.

    torch loads any: it fails at the first step, in words of its own, or in none.
    """
    own, groups = optimizer.state_dict()["param_groups"], state["param_groups"]
    if not _alike(own, groups) or [g["params"] for g in own] != [g["params"] for g in groups]:
        raise ValueError("its optimiser's settings are of another kind")
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    forms = {_form(values, parameters[number]) for number, values in state["state"].items()}
    if len(forms) > 1:
        raise ValueError("its optimiser's state does not fit the weights")


def _alike(own: Any, other: Any) -> bool:
    """Tell whether two settings differ in no more than their numbers; switches may not differ."""
    if isinstance(own, Mapping):
        same = isinstance(other, Mapping) and own.keys() == other.keys()
        return same and all(_alike(value, other[name]) for name, value in own.items())
    if isinstance(own, list | tuple):
        same = isinstance(other, list | tuple) and len(own) == len(other)
        return same and all(map(_alike, own, other))
    if isinstance(own, int | float) and not isinstance(own, bool):
        number = isinstance(other, int | float) and not isinstance(other, bool)
        return number and math.isfinite(other)
    return type(own) is type(other) and (isinstance(own, Tensor) or bool(own == other))


def _form(values: Mapping[str, Any], parameter: Tensor) -> frozenset[tuple[str, Any, Any]]:
    """What is kept of a parameter, but for its numbers and its shape: the same for all."""
    return frozenset(
        (name, *(_kind(value, parameter) if isinstance(value, Tensor) else (type(value), None)))
        for name, value in values.items()
    )


def _kind(value: Tensor, parameter: Tensor) -> tuple[Any, Any]:
    fits = value.dim() == 0 or value.shape == parameter.shape
    return value.dtype, (value.dim() > 0) if fits else tuple(value.shape)
