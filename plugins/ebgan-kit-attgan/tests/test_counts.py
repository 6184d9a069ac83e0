"""Parameters at the published size, 128 pixels and 13 attributes, against the published networks.

The networks are built on torch's meta device, which has shapes and no numbers: each is what the
faithful recipe says, at its full width.
"""

from pathlib import Path

import pytest
import torch
from ebgan_kit_attgan import AttGan, Discriminator, StGan

from ebgan_kit import Task, read

RECIPES = Path(__file__).parents[1] / "recipes"

PARTS = {"attgan": AttGan, "stgan": StGan}

N = 13
"""Labels."""


def convolution(inputs, outputs, kernel, bias):
    """Weights of a convolution, transposed or not."""
    return kernel * kernel * inputs * outputs + bias * outputs


def normed(inputs, outputs):
    """A convolution of 4 without a bias, and a norm's scale and shift for each channel."""
    return convolution(inputs, outputs, 4, bias=False) + 2 * outputs


def linear(inputs, outputs):
    return inputs * outputs + outputs


ENCODER = (
    normed(3, 64) + normed(64, 128) + normed(128, 256) + normed(256, 512) + normed(512, 1024)
)  # fmt: skip


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def model(name, **changed):
    """The model of a faithful recipe."""
    recipe = read(RECIPES / f"{name}-celeba-128.toml")
    keys = recipe.dump()["model"] | {"attributes": recipe.attributes} | changed
    assert keys.pop("use") == name
    with torch.device("meta"):
        return PARTS[name](Task(recipe.size, recipe.attributes), None, **keys)


def test_attgan():
    decoder = (
        normed(1024 + N, 1024)  # the deepest map, with labels
        + normed(1024 + 512 + N, 512)  # with the encoder's fourth map, and labels once more
        + normed(512, 256)
        + normed(256, 128)
        + convolution(128, 3, 4, bias=True)
    )
    assert count(model("attgan")) == ENCODER + decoder == 43_459_203


def test_attgan_that_takes_its_labels_once():
    """The default of a port of it, which is published, too."""
    assert count(model("attgan", injections=0)) == 43_459_203 - 4 * 4 * N * 512 == 43_352_707


def test_stgan():
    def unit(below, channels):
        lift = convolution(below + N, channels, 4, bias=True)
        gate = convolution(channels + channels, channels, 3, bias=True)
        return lift + 3 * gate  # reset, update, what is fresh

    transfer = unit(1024, 512) + unit(512, 256) + unit(256, 128) + unit(128, 64)
    decoder = (
        normed(1024 + N, 1024)
        + normed(1024 + 512 + N, 512)
        + normed(512 + 256 + N, 256)
        + normed(256 + 128 + N, 128)
        + convolution(128 + 64 + N, 3, 4, bias=True)
    )
    found = model("stgan")
    assert count(found.transfer) == transfer == 30_145_280
    assert count(found) == ENCODER + transfer + decoder == 74_998_771


@pytest.mark.parametrize("name", ["attgan", "stgan"])
def test_the_discriminator(name):
    recipe = read(RECIPES / f"{name}-celeba-128.toml")
    keys = recipe.dump()["discriminator"]
    assert keys.pop("use") == "attgan"
    with torch.device("meta"):
        found = Discriminator(Task(recipe.size, recipe.attributes), **keys)
    left = 1024 * 4 * 4  # 128 pixels, halved five times
    scores = linear(left, 1024) + linear(1024, 1)
    labels = linear(left, 1024) + linear(1024, N)
    assert count(found) == ENCODER + scores + labels == 44_718_990
