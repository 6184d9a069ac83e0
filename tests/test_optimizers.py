"""RMSprop: a step by hand, and weights that stay in bounds, in a run too."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.optimizers.rmsprop import rmsprop
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.trainer import train

Tiny = Callable[..., Recipe]

CRITIC = ("optimizer.critic.use=rmsprop", "optimizer.critic.lr=1e-2")


def weight(*values: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values))


def stepped(parameter: nn.Parameter, gradients: list[list[float]], **keys: Any) -> list[float]:
    """The weights after a step for each of the gradients."""
    optimizer = rmsprop([parameter], **keys)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    return parameter.tolist()


def test_one_step_by_hand() -> None:
    """v = 0.2 g², w - lr·g / √v: without a past, gradients of any length make the same step."""
    found = stepped(weight(1.0, -2.0, 3.0), [[0.5, -8.0, 0.0]], lr=0.1)
    length = 0.1 / math.sqrt(0.2)
    assert found == pytest.approx([1 - length, -2 + length, 3])


def test_the_memory_of_two_steps_by_hand() -> None:
    found = stepped(weight(1.0), [[2.0], [1.0]], lr=0.1, memory=0.5)
    first, second = 0.5 * 2**2, 0.5 * (0.5 * 2**2) + 0.5 * 1**2
    assert found == pytest.approx([1 - 0.1 * 2 / math.sqrt(first) - 0.1 * 1 / math.sqrt(second)])


def test_decay_is_added_to_the_gradient() -> None:
    plain = stepped(weight(4.0, 4.0), [[1.0, -1.0], [3.0, 1.0]], lr=0.1)
    assert plain[0] < 4 < plain[1]
    decayed = stepped(weight(4.0, 4.0), [[0.0, -1.0]], lr=0.1, weight_decay=0.5)
    step = 0.1 / math.sqrt(0.2)
    assert decayed == pytest.approx([4 - step, 4 - step])  # 2 and 1 uphill


def test_weights_are_cut_after_the_step() -> None:
    """Those that were in bounds before it, too, and those that no gradient reached."""
    still, moved = weight(5.0, -5.0, 0.01), weight(0.1, -0.1, 0.0)
    optimizer = rmsprop([moved, still], lr=1.0, clamp=0.25)
    moved.grad = torch.tensor([-1.0, 1.0, 0.0])
    optimizer.step()
    assert moved.tolist() == pytest.approx([0.25, -0.25, 0.0])
    assert still.tolist() == pytest.approx([0.25, -0.25, 0.01])
    assert moved.requires_grad
    assert moved.is_leaf


def test_weights_are_free_by_default() -> None:
    assert stepped(weight(5.0), [[0.0]]) == [5.0]


# In a run


def critic_of(folder: Path) -> Tensor:
    """All weights of the critic in the newest checkpoint."""
    newest = max((folder / "checkpoints").glob("*.pt"))
    critic = torch.load(newest, weights_only=True)["critic"]
    return torch.cat([value.flatten() for value in critic.values()])


@pytest.mark.parametrize(
    "words", [(), ("train.max_grad_norm=1", "train.precision=bf16"), ("train.images=4",)]
)
def test_the_critic_of_a_run_stays_in_bounds(
    tiny: Tiny, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Through what wraps the optimiser there; the model's own optimiser cuts nothing."""
    words = (*CRITIC, "adversarial.use=wgan-gp", "adversarial.penalty=0", *words)
    train(tiny(*words, "optimizer.critic.clamp=0.05"), tmp_path / "cut")
    train(tiny(*words), tmp_path / "free")
    assert critic_of(tmp_path / "cut").abs().max().item() == pytest.approx(0.05)
    assert critic_of(tmp_path / "free").abs().max() > 0.1
    newest = max((tmp_path / "cut" / "checkpoints").glob("*.pt"))
    model = torch.load(newest, weights_only=True)["model"]
    assert max(value.abs().max() for value in model.values()) > 0.1


def test_the_rate_of_a_run_follows_its_schedule(tiny: Tiny, tmp_path: Path) -> None:
    """A rate of 0 at the end: the last of four steps is a quarter of the first."""
    words = ("optimizer.model.use=rmsprop", "schedule.model.use=linear", "train.images=16")
    train(tiny(*words), tmp_path / "run")
    newest = max((tmp_path / "run" / "checkpoints").glob("*.pt"))
    (group,) = torch.load(newest, weights_only=True)["optimizer.0"]["param_groups"]
    assert group["lr"] == pytest.approx(5e-5 / 4)
    assert group["alpha"] == 0.8


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("lr", 0, "input should be greater than 0"),
        ("memory", 1, "input should be less than 1"),
        ("clamp", -1, "input should be greater than or equal to 0"),
        ("weight_decay", -1, "input should be greater than or equal to 0"),
    ],
)
def test_wrong_keys(tiny: Tiny, key: str, value: int, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        tiny("optimizer.critic.use=rmsprop", f"optimizer.critic.{key}={value}")
    assert f"[optimizer.critic] {key} = {value}: {reason}" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
