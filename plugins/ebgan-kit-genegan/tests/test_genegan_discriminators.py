"""The three discriminators: who scores an image, and what it is shown beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from ebgan_kit_genegan import Labelled, TwoScales, WithAndWithout
from torch import Tensor, nn

from ebgan_kit import Task
from ebgan_kit.testing import check_discriminator

ONE, TWO = Task(32, ("Mustache",)), Task(32, ("Mustache", "Smiling"))


def images(count: int) -> Tensor:
    noise = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, 32, 32, generator=noise) * 2 - 1


class Seen(nn.Module):
    """A network that keeps its input, and scores with zeros."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, inputs: Tensor) -> Tensor:
        self.inputs = inputs
        return inputs.new_zeros(len(inputs), self.outputs)


@pytest.mark.parametrize(
    ("part", "task"),
    [(WithAndWithout, Task(64, ("Mustache",))), (Labelled, TWO), (TwoScales, TWO)],
)
def test_the_contract(part: Any, task: Task) -> None:
    check_discriminator(part, task, width=4)


def test_each_image_is_scored_by_the_network_of_its_label() -> None:
    judge = WithAndWithout(ONE, width=4).eval()
    image = images(4)
    (scores,) = judge(image, torch.tensor([[1.0], [0.0], [0.0], [1.0]])).scores
    having, lacking = judge.having(image), judge.lacking(image)
    assert torch.equal(scores, torch.stack([having[0], lacking[1], lacking[2], having[3]]))
    assert not torch.equal(having, lacking)


def test_only_the_network_of_the_label_is_trained() -> None:
    judge = WithAndWithout(ONE, width=4)
    judge(images(4), torch.ones(4, 1)).scores[0].sum().backward()
    assert all(p.grad.any() for p in judge.having.parameters())
    assert not any(p.grad.any() for p in judge.lacking.parameters())


def test_dna_gans_critic_sees_signs_and_scores_each_attribute() -> None:
    judge, image = Labelled(TWO, width=4), images(2)
    judge.network = Seen(2)
    verdict = judge(image, torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert [s.shape for s in verdict.scores] == [(2, 1), (2, 1)]
    seen = judge.network.inputs
    assert torch.equal(seen[:, :3], image)
    maps = torch.tensor([[1.0, -1.0], [-1.0, -1.0]])[:, :, None, None]
    assert torch.equal(seen[:, 3:], maps.expand(2, 2, 32, 32))


def test_elegants_critics_see_labels_and_two_scales() -> None:
    judge, image = TwoScales(TWO, width=4), images(2)
    judge.full, judge.halved = Seen(1), Seen(1)
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    full, half = judge(image, labels).scores
    assert full.shape == half.shape == (2, 1)
    assert torch.equal(judge.full.inputs[:, :3], image)
    squares = (image[..., ::2, ::2] + image[..., 1::2, ::2]
               + image[..., ::2, 1::2] + image[..., 1::2, 1::2])  # fmt: skip
    assert torch.allclose(judge.halved.inputs[:, :3], squares / 4, atol=1e-6)
    for seen in (judge.full.inputs, judge.halved.inputs):
        assert (seen[:, 3:] == labels[:, :, None, None]).all()


def test_each_scale_of_elegants_has_a_network_of_its_own() -> None:
    judge = TwoScales(TWO, width=4)
    _, half = judge(images(2), torch.ones(2, 2)).scores
    half.sum().backward()
    assert all(p.grad.any() for p in judge.halved.parameters())
    assert all(p.grad is None for p in judge.full.parameters())


@pytest.mark.parametrize(
    ("part", "task"), [(WithAndWithout, ONE), (Labelled, TWO), (TwoScales, TWO)]
)
def test_an_image_of_which_nothing_is_said(part: Callable[..., Any], task: Task) -> None:
    with pytest.raises(ValueError, match="the attributes that it is said to show"):
        part(task, width=4)(images(1), None)


@pytest.mark.parametrize(
    ("part", "task", "sentence"),
    [
        (WithAndWithout, TWO, "of one attribute, and the model has 2"),
        (Labelled, Task(32), "the model edits none"),
        (Labelled, Task(24, ("Bangs",)), "24 pixels cannot be halved 4 times"),
        (TwoScales, Task(48, ("Bangs",)), "48 pixels cannot be halved 5 times"),
    ],
)
def test_what_cannot_be_built(part: Callable[..., Any], task: Task, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        part(task)
