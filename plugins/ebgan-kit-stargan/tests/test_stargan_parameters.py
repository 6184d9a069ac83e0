"""The networks have the published number of weights, and which layer has how many."""

import pytest
import torch
from ebgan_kit_stargan import Discriminator, StarGan

from ebgan_kit import Task

HAIR = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
MOUTH = ("Smiling", "Mouth_Slightly_Open", "Mustache", "Goatee", "Wearing_Lipstick")

PUBLISHED = Task(128, HAIR)


def generator(task, **keys):
    with torch.device("meta"):
        return StarGan(task, None, attributes=task.attributes, **keys).generator


def discriminator(task, **keys):
    with torch.device("meta"):
        return Discriminator(task, **keys)


def weights(network):
    return sum(p.numel() for p in network.parameters())


def test_the_published_figures():
    assert weights(generator(PUBLISHED)) == 8_430_528
    assert weights(discriminator(PUBLISHED)) == 44_762_048


def generator_by_hand(n, w, blocks):
    # kernel * kernel * in * out, no bias; then a scale and a shift a channel
    into = 7 * 7 * (3 + n) * w + 2 * w
    down = 4 * 4 * w * 2 * w + 2 * 2 * w
    down += 4 * 4 * 2 * w * 4 * w + 2 * 4 * w
    block = 2 * (3 * 3 * 4 * w * 4 * w + 2 * 4 * w)
    up = 4 * 4 * 4 * w * 2 * w + 2 * 2 * w
    up += 4 * 4 * 2 * w * w + 2 * w
    out = 7 * 7 * w * 3
    return into + down + blocks * block + up + out


@pytest.mark.parametrize(
    ("task", "width", "blocks"),
    [(PUBLISHED, 64, 6), (Task(64, MOUTH), 8, 4), (Task(64, MOUTH[:2]), 6, 0)],
)
def test_the_generators_layers(task, width, blocks):
    expected = generator_by_hand(len(task.attributes), width, blocks)
    assert weights(generator(task, width=width, blocks=blocks)) == expected


def discriminator_by_hand(n, size, channels):
    # kernel * kernel * in * out, and a bias a channel
    trunk = sum(4 * 4 * i * o + o for i, o in zip([3, *channels], channels, strict=False))
    left = size // 2 ** len(channels)
    scores = 3 * 3 * channels[-1] * 1
    labels = left * left * channels[-1] * n
    return trunk + scores + labels


@pytest.mark.parametrize(
    ("task", "width", "channels"),
    [
        (PUBLISHED, 64, [64, 128, 256, 512, 1024, 2048]),
        (Task(64, MOUTH), 16, [16, 32, 64, 128]),
        (Task(64), 6, [6, 12]),
    ],
)
def test_the_discriminators_layers(task, width, channels):
    expected = discriminator_by_hand(len(task.attributes), task.size, channels)
    assert weights(discriminator(task, width=width, depth=len(channels))) == expected
