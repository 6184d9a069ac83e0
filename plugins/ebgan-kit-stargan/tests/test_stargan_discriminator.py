"""The discriminator: both heads by hand, and what it looks at."""

import pytest
import torch
from ebgan_kit_stargan import Discriminator
from torch import nn

from ebgan_kit import Task
from ebgan_kit.testing import check_discriminator

NAMES = ("Male", "Young")


def test_the_contract():
    check_discriminator(Discriminator, width=4, depth=4)
    check_discriminator(Discriminator, width=4, depth=3, slope=0.2)
    check_discriminator(Discriminator, Task(64), width=4, depth=4)


@torch.no_grad()
def test_the_verdict_by_hand():
    """All weights 1, four pixels per side, halved once."""
    judge = Discriminator(Task(4, NAMES), width=1, depth=1)
    for parameter in judge.parameters():
        nn.init.ones_(parameter)
    judge.labels.weight[1] = 2.0
    bright = torch.ones(1, 3, 4, 4)
    # each of the trunk's 2x2 places sees 3x3 pixels of 3 channels, and its bias: 28 or -26;
    # both heads see all four places, the scores' from each place of the map
    for image, place in ((bright, 28.0), (-bright, -0.26)):
        verdict = judge(image)
        assert torch.allclose(verdict.scores[0], torch.full((1, 1, 2, 2), 4 * place))
        assert torch.allclose(verdict.attributes, torch.tensor([[4 * place, 8 * place]]))


@torch.no_grad()
def test_a_slope_of_ones_own():
    judge = Discriminator(Task(4, NAMES), width=1, depth=1, slope=0.5)
    for parameter in judge.parameters():
        nn.init.ones_(parameter)
    assert torch.allclose(judge(-torch.ones(1, 3, 4, 4)).scores[0], torch.tensor(4 * -13.0))


def test_a_score_a_patch_and_a_logit_an_attribute():
    judge = Discriminator(Task(128, NAMES), width=2)
    verdict = judge(torch.zeros(3, 3, 128, 128))
    assert [s.shape for s in verdict.scores] == [(3, 1, 2, 2)]
    assert verdict.attributes.shape == (3, 2)


def test_what_an_image_is_said_to_show_is_not_looked_at():
    torch.manual_seed(0)
    judge = Discriminator(Task(16, NAMES), width=2, depth=2)
    image = torch.rand(2, 3, 16, 16)
    said = judge(image, torch.ones(2, 2)), judge(image, torch.zeros(2, 2)), judge(image)
    for verdict in said[1:]:
        assert torch.equal(verdict.scores[0], said[0].scores[0])
        assert torch.equal(verdict.attributes, said[0].attributes)


def test_both_heads_train_the_trunk():
    for head in ("scores", "attributes"):
        judge = Discriminator(Task(16, NAMES), width=2, depth=2)
        verdict = judge(torch.rand(2, 3, 16, 16))
        (verdict.scores[0] if head == "scores" else verdict.attributes).sum().backward()
        assert all(p.grad.any() for p in judge.trunk.parameters())


def test_a_model_without_attributes_has_no_logits():
    judge = Discriminator(Task(16), width=2, depth=2)
    assert judge(torch.zeros(1, 3, 16, 16)).attributes is None


def test_a_size_that_cannot_be_halved_so_often():
    with pytest.raises(ValueError, match=r"96 pixels cannot be halved 6 times: .* multiple of 64"):
        Discriminator(Task(96, NAMES))
