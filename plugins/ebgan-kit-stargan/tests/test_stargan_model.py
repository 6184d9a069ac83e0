"""The model: which labels go where, what comes back, and what the gradient reaches, by hand."""

import pytest
import torch
from ebgan_kit_stargan import StarGan
from torch import nn

from ebgan_kit import Faces, Task

NAMES = ("Male", "Young")

SOURCE = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
EXEMPLAR = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
WANTED = torch.tensor([[1.0, 1.0], [0.0, 1.0]])


class Brighter(nn.Module):
    """G(x, c) = w·x + 0.1·c_1 + 0.2·c_2: what each label does can be read off the image."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(1.0))

    def forward(self, image, labels):
        return self.w * image + shift(labels)


def shift(labels):
    return (labels @ torch.tensor([0.1, 0.2])).view(-1, 1, 1, 1)


@pytest.fixture
def model():
    model = StarGan(Task(8, NAMES), None, attributes=NAMES, width=2, blocks=1)
    model.generator = Brighter()
    return model


@pytest.fixture
def source():
    return faces(0.5, SOURCE)


@pytest.fixture
def exemplar():
    return faces(-0.5, EXEMPLAR)


def faces(value, attributes):
    return Faces(torch.full((2, 3, 8, 8), value), torch.ones(2, 1, 8, 8), attributes)


def test_there_by_what_is_wanted_and_back_by_the_sources_own(model, source, exemplar):
    edit = model(source, exemplar, WANTED)
    # 0.5 and 0.1 + 0.2; 0.5 and 0.2
    assert edit.completed.mean((1, 2, 3)).tolist() == pytest.approx([0.8, 0.7])
    # from there 0.1 for the first source's label; nothing for the second's
    assert edit.reconstruction.mean((1, 2, 3)).tolist() == pytest.approx([0.9, 0.7])
    assert edit.wanted is WANTED
    assert edit.source is source
    assert edit.exemplar is exemplar


def test_without_a_wish_the_exemplars_labels(model, source, exemplar):
    for edit in (model(source, exemplar, None), model.edit(source, exemplar)):
        # 0.5 and 0.2; 0.5 and 0.3
        assert edit.completed.mean((1, 2, 3)).tolist() == pytest.approx([0.7, 0.8])
        assert torch.equal(edit.wanted, EXEMPLAR)


def test_in_use_the_same_edit_and_no_way_back(model, source, exemplar):
    edit = model.edit(source, exemplar, WANTED)
    assert torch.equal(edit.completed, model(source, exemplar, WANTED).completed)
    assert edit.reconstruction is None


def test_of_the_exemplar_only_labels_are_seen(model, source):
    one, other = (model.edit(source, faces(v, EXEMPLAR)).completed for v in (-0.5, 0.9))
    assert torch.equal(one, other)


def test_the_gradient_goes_there_and_back(model, source, exemplar):
    """reconstruction = w·(w·A + s) + t, so its slope in w is 2w·A + s, for w = 1 and A = 0.5."""
    edit = model(source, exemplar, WANTED)
    edit.reconstruction[:, 0, 0, 0].sum().backward()
    assert model.generator.w.grad.item() == pytest.approx((1 + 0.3) + (1 + 0.2))


def test_use_needs_no_labels_of_the_source(model, exemplar):
    edit = model.edit(faces(0.5, None), faces(0.5, None), WANTED)
    assert edit.completed.mean((1, 2, 3)).tolist() == pytest.approx([0.8, 0.7])
    with pytest.raises(ValueError, match="nobody says what the exemplars show"):
        model.edit(faces(0.5, None), faces(0.5, None))
    with pytest.raises(ValueError, match="nobody says what the sources show"):
        model(faces(0.5, None), exemplar, WANTED)


def test_training_and_use_are_the_same_network():
    """Instance norm by the image at hand: nothing changes with eval()."""
    torch.manual_seed(0)
    model = StarGan(Task(16, NAMES), None, attributes=NAMES, width=4, blocks=2)
    face = Faces(torch.rand(2, 3, 16, 16) * 2 - 1, torch.ones(2, 1, 16, 16), SOURCE)
    trained = model.train().edit(face, face, WANTED).completed
    assert torch.equal(model.eval().edit(face, face, WANTED).completed, trained)


def test_a_size_that_cannot_be_halved_twice():
    with pytest.raises(ValueError, match=r"66 pixels cannot be halved twice: .* multiple of 4"):
        StarGan(Task(66, NAMES), None, attributes=NAMES, width=2)
