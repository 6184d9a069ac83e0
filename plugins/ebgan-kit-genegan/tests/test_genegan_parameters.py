"""Trainable parameters at the published sizes, against the published figures and by hand."""

from __future__ import annotations

import pytest
from ebgan_kit_genegan import DnaGan, Elegant, GeneGan, Labelled, TwoScales, WithAndWithout
from torch import nn

from ebgan_kit import Task

NORM = 2  # a factor and a summand: a channel for a batch norm, a layer for ELEGANT's


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_the_encoder_and_the_decoder_of_genegan_and_dna_gan() -> None:
    encoder = (
        4 * 4 * 3 * 128  # no norm
        + 4 * 4 * 128 * 256 + NORM * 256
        + 4 * 4 * 256 * 512 + NORM * 512
    )  # fmt: skip
    decoder = (
        4 * 4 * 512 * 512 + NORM * 512
        + 4 * 4 * 512 * 256 + NORM * 256
        + 4 * 4 * 256 * 3 + 3  # the one bias
    )  # fmt: skip
    genegan = GeneGan(Task(64), None, attributes=("Smiling",))
    dnagan = DnaGan(Task(64), None, attributes=("Bangs", "Eyeglasses"))
    for model in (genegan, dnagan):
        assert count(model.encoder) == encoder == 2_629_120
        assert count(model.decoder) == decoder == 6_305_283
        assert count(model) == encoder + decoder == 8_934_403


@pytest.mark.parametrize(
    ("inputs", "outputs", "judge", "expected"),
    [
        (3, 1, WithAndWithout(Task(64, ("Smiling",))).having, 6_832_641),
        (3, 1, WithAndWithout(Task(64, ("Smiling",))).lacking, 6_832_641),
        (3 + 2, 2, Labelled(Task(64, ("Bangs", "Eyeglasses"))), 6_844_930),
    ],
)
def test_the_critics_of_genegan_and_dna_gan(
    inputs: int, outputs: int, judge: nn.Module, expected: int
) -> None:
    derived = (
        4 * 4 * inputs * 128  # no norm
        + 4 * 4 * 128 * 256 + NORM * 256
        + 4 * 4 * 256 * 512 + NORM * 512
        + 4 * 4 * 512 * 512 + NORM * 512
        + 4 * 4 * 512 * outputs + outputs  # a linear layer over 4 x 4 places
    )  # fmt: skip
    assert count(judge) == derived == expected


def test_the_networks_of_elegant_have_the_published_counts() -> None:
    attributes = ("Bangs", "Mustache")
    model = Elegant(Task(256), None, attributes=attributes)
    encoder = (
        3 * 3 * 3 * 64 + 64 + NORM
        + 3 * 3 * 64 * 128 + 128 + NORM
        + 3 * 3 * 128 * 256 + 256 + NORM
        + 3 * 3 * 256 * 512 + 512 + NORM
        + 3 * 3 * 512 * 512 + 512 + NORM
    )  # fmt: skip
    decoder = (
        3 * 3 * (512 + 512) * 512 + 512 + NORM
        + 3 * 3 * 512 * 256 + 256 + NORM
        + 3 * 3 * 256 * 128 + 128 + NORM
        + 3 * 3 * 128 * 64 + 64 + NORM
        + 3 * 3 * 64 * 3 + 3
    )  # fmt: skip
    assert count(model.encoder) == encoder == 3_910_794
    assert count(model.decoder) == decoder == 6_269_579
    judge = TwoScales(Task(256, attributes))
    convolutions = (
        3 * 3 * (3 + 2) * 64 + 64 + NORM
        + 3 * 3 * 64 * 128 + 128 + NORM
        + 3 * 3 * 128 * 256 + 256 + NORM
        + 3 * 3 * 256 * 512 + 512 + NORM
    )  # fmt: skip
    assert count(judge.full) == convolutions + 512 * 16 * 16 + 1 == 1_683_209
    assert count(judge.halved) == convolutions + 512 * 8 * 8 + 1 == 1_584_905


def test_the_layers_of_a_critic_and_a_decoder() -> None:
    """What a count cannot see: where the norms stand, and which bend."""
    kinds = ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 3]
    critic = WithAndWithout(Task(64, ("Smiling",)), width=2).having
    assert [type(layer).__name__ for layer in critic[0]] == kinds
    assert [layer.negative_slope for layer in critic[0] if isinstance(layer, nn.LeakyReLU)] == [
        0.2
    ] * 4
    decoder = GeneGan(Task(64), None, attributes=("Smiling",), width=2).decoder
    doubling = ["ConvTranspose2d", "BatchNorm2d", "ReLU"]
    assert [type(layer).__name__ for layer in decoder] == [*doubling * 2, "ConvTranspose2d", "Tanh"]


def test_first_weights() -> None:
    """N(0, 0.02), in the large layers of each system."""
    genegan = GeneGan(Task(64), None, attributes=("Smiling",))
    elegant = Elegant(Task(64), None, attributes=("Smiling",))
    for layer in (genegan.encoder[2], genegan.decoder[0], elegant.encoder.levels[4][0]):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.01)
        assert layer.weight.mean().item() == pytest.approx(0, abs=1e-4)
