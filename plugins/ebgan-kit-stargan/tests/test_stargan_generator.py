"""The generator: its norm by hand, its layout, and how the labels come in."""

import pytest
import torch
from ebgan_kit_stargan.generator import Generator, Residual
from ebgan_kit_stargan.norm import InstanceNorm
from torch import nn


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(2, width=4, blocks=1)


@pytest.fixture
def images():
    return torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


NOTHING = torch.tensor([[0.0, 0.0]]).expand(3, 2)
FIRST = torch.tensor([[1.0, 0.0]]).expand(3, 2)
BOTH = torch.tensor([[1.0, 1.0]]).expand(3, 2)


# The norm


@pytest.mark.parametrize("training", [True, False], ids=["training", "use"])
def test_the_norm_by_hand(training):
    norm = InstanceNorm(2).train(training)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 10.0]))
        norm.bias.copy_(torch.tensor([0.0, 5.0]))
    # channel one has mean 2 and variance 1, channel two mean 0 and variance 4
    image = torch.tensor([[[[1.0, 3.0]], [[2.0, -2.0]]]])
    expected = torch.tensor([[[[-1.0, 1.0]], [[15.0, -5.0]]]])
    assert torch.allclose(norm(image), expected, atol=1e-3)
    elsewhere = torch.cat([image, 100 + 50 * image])  # another image changes nothing
    assert torch.allclose(norm(elsewhere)[:1], expected, atol=1e-3)


def test_the_norm_remembers_nothing():
    norm = InstanceNorm(2)
    norm(torch.rand(4, 2, 8, 8))
    assert set(norm.state_dict()) == {"weight", "bias"}


def test_the_layout_is_channels_last_all_the_way(generator, images):
    """Where a layer falls out of it every convolution behind it copies its input."""
    lost = []

    def look(layer, given, output):
        if not output.is_contiguous(memory_format=torch.channels_last):
            lost.append(layer)

    for layer in generator.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | InstanceNorm):
            layer.register_forward_hook(look)
    plain = generator(images, BOTH)
    generator.to(memory_format=torch.channels_last)
    lost.clear()
    image = generator(images.contiguous(memory_format=torch.channels_last), BOTH)
    assert not lost
    assert torch.allclose(image, plain, atol=1e-5)


def test_bf16_draws_the_same_image(generator, images):
    exact = generator(images, BOTH)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = generator(images, BOTH)
    assert rounded.dtype == torch.bfloat16
    assert (exact - rounded.float()).abs().mean() < 0.02


def test_a_block_adds_to_what_came_in():
    block, inputs = Residual(2), torch.rand(1, 2, 8, 8) - 0.5
    last = block.body[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.25, -4.0]))
        # nothing but the shift is added, and nothing bends what is below 0
        expected = inputs + torch.tensor([0.25, -4.0]).view(1, 2, 1, 1)
        assert torch.allclose(block(inputs), expected)


# The labels


def test_an_image_of_the_same_size_in_range(generator, images):
    drawn = generator(50 * images, BOTH)
    assert drawn.shape == images.shape
    assert drawn.abs().max() <= 1


def test_each_label_changes_the_image(generator, images):
    nothing, first, both = (generator(images, labels) for labels in (NOTHING, FIRST, BOTH))
    for one, other in ((nothing, first), (first, both)):
        assert ((one - other).abs().flatten(1).amax(1) > 1e-3).all()


def test_each_face_has_its_own_labels(generator, images):
    labels = torch.cat([NOTHING[:1], FIRST[:1], BOTH[:1]])
    together = generator(images, labels)
    for face in range(3):
        alone = generator(images[face : face + 1], labels[face : face + 1])
        assert torch.allclose(together[face : face + 1], alone, atol=1e-5)


def test_a_label_is_the_same_number_everywhere(generator, images):
    """The maps behind the image's three channels hold each label at every pixel."""
    seen = []
    generator.body[0].register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    generator(images, FIRST)
    assert torch.equal(seen[0][:, :3], images)
    assert torch.equal(seen[0][:, 3], torch.ones(3, 16, 16))
    assert torch.equal(seen[0][:, 4], torch.zeros(3, 16, 16))


def test_labels_come_in_at_a_border_of_zeros_alone(generator, images):
    """With reflected borders the first norm takes them out, so the border must stay as it is."""
    first = generator.body[0]
    for mode, changes in (("reflect", False), ("zeros", True)):
        generator.body[0] = nn.Conv2d(5, 4, 7, 1, 3, bias=False, padding_mode=mode)
        generator.body[0].weight = first.weight
        change = generator(images, BOTH) - generator(images, NOTHING)
        assert (change.abs().max() > 1e-3).item() == changes
