"""MulGAN: its layers, and what its blocks say."""

from dataclasses import replace

import pytest
import torch
from ebgan_kit_mulgan import MulGan

from ebgan_kit import Faces, Task

PUBLISHED = ("Bangs", "Mouth_Slightly_Open", "Eyeglasses", "Bushy_Eyebrows")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)  # tiny networks are slower on more


def model(**keys):
    """Two attributes, two blocks of two channels, a rest of four; its norms keep still."""
    torch.manual_seed(0)
    keys = {"attributes": ("Smiling", "Mustache"), "width": 4, "depth": 2} | keys
    return MulGan(Task(16, keys["attributes"]), None, **keys).eval()


def published():
    with torch.device("meta"):
        return MulGan(Task(64, PUBLISHED), None, attributes=PUBLISHED)


def pair():
    """Three faces, the exemplar of each; face 0 has the first attribute, face 1 the second."""
    torch.manual_seed(1)
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    faces = Faces(images, torch.ones(3, 1, 16, 16), labels)
    order = torch.tensor([1, 2, 0])  # not its own inverse, so that no direction can be mistaken
    return faces, replace(faces[order], order=order)


# Its layers


def weights(network):
    return sum(p.numel() for p in network.parameters())


def test_the_encoders_layers():
    # kernel * kernel * in * out, no bias; then a scale and a shift a channel
    levels = [
        4 * 4 * 3 * 64 + 2 * 64,
        4 * 4 * 64 * 128 + 2 * 128,
        4 * 4 * 128 * 256 + 2 * 256,
        4 * 4 * 256 * 512 + 2 * 512,
    ]
    assert weights(published().encoder) == sum(levels) == 2_757_504


def test_the_decoders_layers():
    levels = [
        4 * 4 * 512 * 512 + 2 * 512,
        4 * 4 * 512 * 256 + 2 * 256,
        4 * 4 * 256 * 128 + 2 * 128,
        4 * 4 * 128 * 3 + 3,  # the last has a bias and no norm
    ]
    assert weights(published().decoder) == sum(levels) == 6_823_683


def test_the_published_code():
    network = published()
    code = network.encoder(torch.empty(2, 3, 64, 64, device="meta"))
    assert code.shape == (2, 512, 4, 4)
    assert (network.rest, network.block) == (256, 64)


def test_what_is_drawn_is_an_image():
    network = model()
    source, exemplar = pair()
    with torch.no_grad():
        network.decoder[-2].weight.mul_(1000)  # as loud as can be
    edit = network(source, exemplar, exemplar.attributes)
    for drawn in (edit.completed, edit.reconstruction):
        assert drawn.shape == (3, 3, 16, 16)
        assert drawn.abs().max() == 1


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"rest": 5}, "3 channels cannot be shared by 2 attributes"),
        ({"rest": 8}, "0 channels cannot be shared by 2 attributes"),
        ({"rest": 9}, "-1 channels cannot be shared by 2 attributes"),
        ({"depth": 5}, "16 pixels cannot be halved 5 times"),
    ],
)
def test_keys_that_do_not_fit(keys, sentence):
    with pytest.raises(ValueError, match=sentence):
        model(**keys)


# What its blocks say


def test_a_block_switched_off_cannot_be_seen():
    """Whatever the exemplar has there: each block alone, to the last bit."""
    network = model()
    source, exemplar = pair()
    first, second = torch.tensor([[1.0, 0.0]] * 3), torch.tensor([[0.0, 1.0]] * 3)
    before = [network.edit(source, exemplar, wanted).completed for wanted in (first, second)]
    with torch.no_grad():
        network.encoder[-1][0].weight[4:6] += 1  # makes the first block, after a rest of four
    after = [network.edit(source, exemplar, wanted).completed for wanted in (first, second)]
    assert not torch.equal(before[0], after[0])
    assert torch.equal(before[1], after[1])


def test_the_rest_is_the_sources_and_the_blocks_are_the_exemplars():
    network = model()
    source, exemplar = pair()
    code_a, code_b = (network.encoder(faces.image) for faces in (source, exemplar))
    code_b[:, 4:6] = 0  # wanted is the second block alone
    by_hand = network.decoder(torch.cat([code_a[:, :4], code_b[:, 4:]], dim=1))
    wanted = torch.tensor([[0.0, 1.0]] * 3)
    for edit in (network(source, exemplar, wanted), network.edit(source, exemplar, wanted)):
        assert torch.allclose(edit.completed, by_hand, atol=1e-6)
        assert torch.allclose(edit.code, code_b[:, 4:], atol=1e-6)


def test_the_reconstruction_is_filtered_by_the_sources_labels():
    network = model()
    source, exemplar = pair()
    code = network.encoder(source.image)
    code[0, 6:], code[1, 4:6] = 0, 0  # face 0 lacks the second attribute, face 1 the first
    by_hand = network.decoder(code)
    for order in (exemplar.order, None):
        edit = network(source, replace(exemplar, order=order), torch.ones(3, 2))
        assert torch.allclose(edit.reconstruction, by_hand, atol=1e-6)


def test_another_view_of_the_exemplars():
    """As [augment.exemplar] gives it: all blocks are that view's, and the rest is not."""
    network = model()
    source, exemplar = pair()
    view = source.image.flip(-1)
    exemplar = replace(exemplar, image=view[exemplar.order])
    seen, other = network.encoder(source.image), network.encoder(view)
    on = replace(source, attributes=torch.ones(3, 2))
    edit = network(on, exemplar, torch.ones(3, 2))
    theirs = torch.cat([seen[:, :4], other[exemplar.order, 4:]], dim=1)
    own = torch.cat([seen[:, :4], other[:, 4:]], dim=1)
    assert torch.allclose(edit.completed, network.decoder(theirs), atol=1e-6)
    assert torch.allclose(edit.reconstruction, network.decoder(own), atol=1e-6)


def test_what_a_closed_block_learns_from():
    """Nothing: where no face of a batch has an attribute, the weights of its block stay."""
    network = model()
    source, exemplar = pair()
    lacking = torch.tensor([[1.0, 0.0]] * 3)
    edit = network(replace(source, attributes=lacking), exemplar, lacking)
    (edit.completed.square().sum() + edit.reconstruction.square().sum()).backward()
    reached = network.encoder[-1][0].weight.grad.flatten(1).any(1)
    assert reached.tolist() == [True] * 6 + [False] * 2


def test_what_the_edit_and_the_reconstruction_teach():
    """The edit reaches the exemplar by its blocks alone, and the source by the rest alone."""
    network = model()
    source, exemplar = pair()
    images = [faces.image.clone().requires_grad_() for faces in (source, exemplar)]
    source, exemplar = replace(source, image=images[0]), replace(exemplar, image=images[1])
    none, every = torch.zeros(3, 2), torch.ones(3, 2)
    closed = network.edit(source, exemplar, none).completed.sum()
    of_source, of_exemplar = torch.autograd.grad(closed, images)
    assert of_source.any()
    assert not of_exemplar.any()
    opened = network.edit(source, exemplar, every).completed.sum()
    assert all(gradient.any() for gradient in torch.autograd.grad(opened, images))


def test_without_labels():
    network = model()
    source, exemplar = pair()
    unknown = Faces(exemplar.image, exemplar.region)
    with pytest.raises(ValueError, match="say what is wanted"):
        network.edit(source, unknown, None)
    with pytest.raises(ValueError, match="learns from their labels"):
        network(unknown, exemplar, exemplar.attributes)
    assert torch.equal(
        network.edit(source, exemplar, None).completed,
        network.edit(source, unknown, exemplar.attributes).completed,
    )
