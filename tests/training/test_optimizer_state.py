"""A checkpoint whose optimiser is not the run's is refused, before torch fails on it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from ebgan_kit.training.optimizer_state import check_state


def optimizer(kind: Callable[..., Any] = torch.optim.Adam) -> Any:
    """One that has made a step; one of its weights is a number alone."""
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1))
    one = kind(network.parameters(), lr=1e-3)
    network(torch.ones(2, 3)).sum().backward()
    one.step()
    return one


@pytest.mark.parametrize(
    "kind", [torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adagrad]
)
def test_what_an_optimiser_saves_it_takes(kind: Callable[..., Any]) -> None:
    one = optimizer(kind)
    check_state(optimizer(kind), copy.deepcopy(one.state_dict()))
    check_state(kind([torch.nn.Parameter(torch.ones(2))], lr=0.1), {
        "state": {}, "param_groups": kind([torch.nn.Parameter(torch.ones(2))], lr=9).state_dict()[
            "param_groups"
        ],
    })  # fmt: skip


def spoiled(state: dict[str, Any], how: str) -> None:
    group, first = state["param_groups"][0], state["state"][0]
    if how == "a setting is gone":
        del group["betas"]
    elif how == "a setting is another":
        group["betas"] = 3
    elif how == "a switch is another":
        group["differentiable"] = True
    elif how == "a rate that is infinite":
        group["lr"] = float("inf")
    elif how == "one weight's state for another":
        group["params"][3] = 1
    elif how == "a moment is gone":
        del first["exp_avg"]
    elif how == "a moment is no tensor":
        first["exp_avg"] = 7
    elif how == "a moment has another shape":
        first["exp_avg"] = first["exp_avg"][:1]
    elif how == "a moment has another type":
        first["exp_avg"] = first["exp_avg"].double()


@pytest.mark.parametrize(
    "how",
    [
        "a setting is gone", "a setting is another", "a switch is another",
        "a rate that is infinite", "one weight's state for another", "a moment is gone",
        "a moment is no tensor", "a moment has another shape", "a moment has another type",
    ],
)  # fmt: skip
def test_what_it_cannot_go_on_from_is_refused(how: str) -> None:
    state = copy.deepcopy(optimizer().state_dict())
    spoiled(state, how)
    with pytest.raises(ValueError, match="its optimiser's"):
        check_state(optimizer(), state)
