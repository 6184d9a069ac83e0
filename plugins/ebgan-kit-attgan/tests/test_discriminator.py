"""D and C on one trunk."""

import pytest
import torch
from ebgan_kit_attgan import Discriminator
from torch import nn

from ebgan_kit import Task
from ebgan_kit.testing import check_discriminator

TASK = Task(32, ("Mustache", "Smiling", "Goatee"))


def tiny(task=TASK, **keys):
    torch.manual_seed(0)
    return Discriminator(task, **{"width": 4, "depth": 3, "features": 6} | keys)


def test_the_contract():
    check_discriminator(Discriminator, task=TASK, width=4, depth=3, features=6)


def test_one_score_an_image_and_a_logit_an_attribute():
    verdict = tiny()(torch.randn(5, 3, 32, 32), None)
    assert [tuple(s.shape) for s in verdict.scores] == [(5, 1)]
    assert verdict.attributes.shape == (5, 3)


def test_a_model_without_attributes_is_judged_without_them():
    assert tiny(Task(32))(torch.randn(2, 3, 32, 32), None).attributes is None


def test_values_by_hand():
    """The norm says -1 everywhere; each leaky ReLU leaves a fifth of what is below 0."""
    judge = tiny(Task(4), width=1, depth=1, features=1)
    norm, (first, last) = judge.trunk[0][1], [m for m in judge.scores if isinstance(m, nn.Linear)]
    for parameter, value in (
        (norm.weight, 0),
        (norm.bias, -1),
        (first.weight, 1),  # sums a map of 2x2, of -0.2 each: -0.8
        (first.bias, 0),
        (last.weight, 1),
        (last.bias, 3),
    ):
        nn.init.constant_(parameter, value)
    (score,) = judge(torch.randn(1, 3, 4, 4), None).scores
    assert score.item() == pytest.approx(3 - 0.16)


def test_the_penalty_on_its_gradient_reaches_the_trunk_and_the_scores_alone():
    judge = tiny()
    image = torch.randn(2, 3, 32, 32, requires_grad=True)
    (score,) = judge(image, None).scores
    (gradient,) = torch.autograd.grad(score.sum(), image, create_graph=True)
    (gradient.flatten(1).norm(dim=1) - 1).square().mean().backward()
    assert all(level[0].weight.grad.abs().sum() > 0 for level in judge.trunk)
    assert judge.scores[0].weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in judge.labels.parameters())


@pytest.mark.parametrize(("size", "depth"), [(36, 3), (32, 5), (8, 4)])
def test_a_size_that_cannot_be_halved_so_often(size, depth):
    with pytest.raises(ValueError, match=f"{size} pixels cannot be halved {depth} times"):
        tiny(Task(size), depth=depth)
