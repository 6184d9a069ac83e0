"""What STGAN does with differences, and its selective transfer units."""

import math
from dataclasses import replace

import pytest
import torch
from ebgan_kit_attgan import StGan
from ebgan_kit_attgan.transfer import Transfer, TransferUnit
from torch import nn

from ebgan_kit import Faces, Task

NAMES = ("Mustache", "Smiling")


def tiny():
    torch.manual_seed(0)
    return StGan(Task(32, NAMES), None, attributes=NAMES, width=4, depth=3).eval()


def faces(labels):
    noise = torch.Generator().manual_seed(1)
    labels = torch.tensor(labels)
    image = torch.rand(len(labels), 3, 32, 32, generator=noise) * 2 - 1
    return Faces(image, torch.ones_like(image[:, :1]), labels)


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize("difference", [-1.0, 0.0, 1.0])
def test_a_unit_by_hand(difference):
    """One channel, one label, a state of one place: one place of the kernel meets a pixel.
    The convolutions look at the middle alone."""
    unit = TransferUnit(1, 1)
    for layer in (unit.lift, unit.gates, unit.fresh):
        nn.init.zeros_(layer.weight)
    with torch.no_grad():
        # from both channels of the state, and from the label
        unit.lift.weight[:, 0] = torch.tensor([0.5, -0.1, 0.25])[:, None, None]
        unit.lift.bias.fill_(0.1)
        # from the features (0) and from the lifted state (1), to reset (0) and to update (1)
        unit.gates.weight[:, :, 1, 1] = torch.tensor([[0.3, 0.7], [-0.2, 0.4]])
        unit.gates.bias.copy_(torch.tensor([0.0, 1.0]))
        unit.fresh.weight[0, :, 1, 1] = torch.tensor([0.6, 2.0])
        unit.fresh.bias.fill_(-0.1)
    f, state = 0.8, torch.tensor([1.2, 2.0]).view(1, 2, 1, 1)
    skip, kept = unit(torch.full((1, 1, 2, 2), f), state, torch.tensor([[difference]]))

    lifted = 0.5 * 1.2 - 0.1 * 2.0 + 0.25 * difference + 0.1
    reset = sigmoid(0.3 * f + 0.7 * lifted)
    update = sigmoid(-0.2 * f + 0.4 * lifted + 1)
    fresh = math.tanh(0.6 * f + 2 * reset * lifted - 0.1)
    torch.testing.assert_close(kept, torch.full((1, 1, 2, 2), reset * lifted))
    expected = (1 - update) * lifted + update * fresh
    torch.testing.assert_close(skip, torch.full((1, 1, 2, 2), expected))


def test_the_state_that_goes_on_is_the_one_reset_and_begins_as_the_deepest_map():
    torch.manual_seed(0)
    transfer, d = Transfer(2, width=4, depth=3), torch.tensor([[1.0, -1.0]])
    deepest, middle, top = (torch.randn(1, 16 // 2**i, 4 * 2**i, 4 * 2**i) for i in range(3))
    first, kept = transfer.units[0](middle, deepest, d)
    second, _ = transfer.units[1](top, kept, d)
    skips = transfer([deepest, middle, top], d)
    assert torch.equal(skips[0], first)
    assert torch.equal(skips[1], second)


def test_the_reconstruction_is_what_comes_of_changing_nothing():
    model, source = tiny(), faces([[1.0, 0.0], [0.0, 0.0]])
    exemplar = source[torch.tensor([1, 0])]
    edit = model(source, exemplar)
    assert torch.equal(edit.wanted, exemplar.attributes)
    same, other = (model.edit(source, exemplar, y) for y in (source.attributes, edit.wanted))
    torch.testing.assert_close(edit.reconstruction, same.completed)
    torch.testing.assert_close(edit.completed, other.completed)
    assert not torch.allclose(edit.completed, edit.reconstruction)


def test_only_the_difference_counts():
    """An attribute that is there and stays is to it as one that is not there and stays away."""
    model = tiny()
    has, lacks = faces([[1.0, 0.0]]), faces([[0.0, 0.0]])

    def drawn(source, wanted):
        return model.edit(source, source, torch.tensor([wanted])).completed

    assert torch.equal(drawn(has, [1.0, 1.0]), drawn(lacks, [0.0, 1.0]))
    gone, come = drawn(has, [0.0, 0.0]), drawn(lacks, [1.0, 0.0])
    kept = drawn(has, [1.0, 0.0])
    assert not torch.allclose(gone, kept)
    assert not torch.allclose(gone, come)


def test_the_difference_comes_in_at_every_unit():
    torch.manual_seed(0)
    transfer = Transfer(2, width=4, depth=3)
    for unit, (below, channels) in zip(transfer.units, [(16, 8), (8, 4)], strict=True):
        state, features = torch.randn(1, below, 4, 4), torch.randn(1, channels, 8, 8)
        skips = [unit(features, state, torch.full((1, 2), d))[0] for d in (0.0, 1.0)]
        assert not torch.allclose(*skips)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_difference_comes_in_at_every_layer_of_the_decoder(place):
    """A layer that is deaf to the difference, which is the last of what it is given, draws another
    image."""
    decoder = tiny().decoder
    layer = [*(level[0] for level in decoder.layers), decoder.last][place]
    maps = [torch.randn(1, 16 // 2**i, 4 * 2**i, 4 * 2**i) for i in range(3)]
    before = decoder(maps[0], maps[1:], torch.ones(1, 2))
    nn.init.zeros_(layer.weight[-2:])
    assert not torch.allclose(before, decoder(maps[0], maps[1:], torch.ones(1, 2)))


def test_every_map_of_the_encoder_reaches_the_image():
    model = tiny()
    maps = [m.detach().requires_grad_(True) for m in model.encoder(faces([[0.0, 0.0]]).image)]
    d = torch.ones(1, 2)
    model.decoder(maps[0], model.transfer(maps, d), d).square().sum().backward()
    assert all(m.grad.abs().sum() > 0 for m in maps)


def test_in_use_somebody_must_know_what_the_source_shows():
    known = faces([[1.0, 0.0]])
    unknown = replace(known, attributes=None)
    with pytest.raises(ValueError, match=r"what the source shows.*\[classifier\]"):
        tiny().edit(unknown, known)
    with pytest.raises(ValueError, match="nobody says what the exemplars show"):
        tiny().edit(known, unknown)


def test_a_size_that_cannot_be_halved_so_often():
    with pytest.raises(ValueError, match="8 pixels cannot be halved 3 times to a map of 2x2"):
        StGan(Task(8, NAMES), None, attributes=NAMES, width=4, depth=3)
