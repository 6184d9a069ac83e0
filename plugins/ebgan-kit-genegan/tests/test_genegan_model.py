"""GeneGAN: what is exchanged, what is zeroed, and what the gradient reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from ebgan_kit_genegan import GeneGan
from torch import Tensor, nn

from ebgan_kit import Faces, Task

NAME = ("Mustache",)


def flat(*values: float) -> Tensor:
    """[B, 3, 16, 16]: faces of one grey each."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 16, 16)


def labels(*values: float) -> Tensor:
    return torch.tensor(values)[:, None]


class Glass(nn.Module):
    """An encoder that can be seen through: the image's channels, and ten times their mean as x."""

    def forward(self, image: Tensor) -> Tensor:
        return torch.cat([image, 10 * image.mean(1, keepdim=True)], dim=1)


@pytest.fixture
def glass() -> GeneGan:
    """A model that gives its decoder's code as the image."""
    model = GeneGan(Task(16), None, attributes=NAME, width=1)  # 4 channels, one of them x
    model.encoder, model.decoder = Glass(), nn.Identity()
    return model


@pytest.fixture
def model() -> GeneGan:
    torch.manual_seed(0)
    return GeneGan(Task(16), None, attributes=NAME, width=4).eval()


def faces(count: int, seed: int, *known: float) -> Faces:
    image = torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return Faces(image, attributes=labels(*known))


def test_an_edit_is_the_sources_rest_with_the_exemplars_part(glass: GeneGan) -> None:
    source = Faces(flat(-1, 0, 0.5, 1), attributes=labels(0, 1, 0, 1))
    exemplar = Faces(flat(0.2, 0.4, 0.6, 0.8), attributes=labels(1, 0, 0, 1))
    edit = glass(source, exemplar, labels(1, 0, 0, 1))
    # the encoder is given [0, 1]: of -1, 0, 0.5, 1 that is 0, 0.5, 0.75, 1
    assert torch.allclose(edit.completed[:, :3, 0, 0], torch.tensor([[0], [0.5], [0.75], [1]]))
    # the exemplars' parts are 6, 7, 8 and 9: theirs where it is wanted, nothing where it is not
    assert torch.allclose(edit.completed[:, 3, 0, 0], torch.tensor([6.0, 0.0, 0.0, 9.0]))
    # the sources' own are 0, 5, 7.5 and 10, and nulled in those that lack the attribute
    assert torch.allclose(edit.reconstruction[:, :3], edit.completed[:, :3])
    assert torch.allclose(edit.reconstruction[:, 3, 0, 0], torch.tensor([0.0, 5.0, 0.0, 10.0]))
    part = edit.extra["attribute_part"]
    assert torch.allclose(part[:, 0, 0, 0], torch.tensor([0, 5, 7.5, 10]))


def test_the_share_is_of_the_last_channels() -> None:
    model = GeneGan(Task(16), None, attributes=NAME, width=10, share=0.3)
    assert model.sizes == [28, 12]
    edit = model(faces(2, 1, 0, 1), faces(2, 2, 1, 0))
    assert edit.extra["attribute_part"].shape == (2, 12, 2, 2)
    assert edit.completed.shape == (2, 3, 16, 16)


def test_exemplars_out_of_the_batch_are_not_encoded_again(model: GeneGan) -> None:
    source, order = faces(4, 1, 0, 1, 1, 0), torch.tensor([2, 3, 0, 1])
    exemplar = replace(source[order], order=order)
    calls = []
    model.encoder.register_forward_hook(lambda *given: calls.append(1))
    told = model(source, exemplar)
    assert len(calls) == 1
    untold = model(source, replace(exemplar, order=None))
    assert torch.allclose(told.completed, untold.completed, atol=1e-6)
    assert torch.equal(told.wanted, exemplar.attributes)


def test_an_edit_in_use_is_the_edit_in_training(model: GeneGan) -> None:
    source, exemplar = faces(3, 1, 0, 1, 1), faces(3, 2, 1, 0, 1)
    for wanted in (None, labels(1, 1, 0)):
        trained, used = model(source, exemplar, wanted), model.edit(source, exemplar, wanted)
        assert torch.allclose(trained.completed, used.completed, atol=1e-6)
        assert torch.equal(trained.wanted, used.wanted)
    assert used.completed.abs().max() <= 1


def test_the_exemplar_is_seen_only_where_the_attribute_is_wanted(model: GeneGan) -> None:
    exemplar = faces(2, 2, 1, 1)
    exemplar = replace(exemplar, image=exemplar.image.requires_grad_(True))
    edit = model(faces(2, 1, 0, 1), exemplar, labels(1, 0))
    (gradient,) = torch.autograd.grad(edit.completed.sum(), exemplar.image, retain_graph=True)
    assert gradient[0].any()
    assert not gradient[1].any()
    (gradient,) = torch.autograd.grad(edit.reconstruction.sum(), exemplar.image)
    assert not gradient.any()


def test_in_use_what_is_wanted_is_enough(model: GeneGan) -> None:
    blind = replace(faces(2, 1, 0, 1), attributes=None)
    assert model.edit(blind, blind, labels(1, 0)).completed.shape == (2, 3, 16, 16)
    with pytest.raises(ValueError, match="say what is wanted of the edits"):
        model.edit(blind, blind)
    with pytest.raises(ValueError, match=r"train it with a table \[classifier\]"):
        model(blind, blind, labels(1, 0))


@pytest.mark.parametrize(
    ("size", "keys", "sentence"),
    [
        (36, {}, "36 pixels cannot be halved 3 times: set data.size to a multiple of 8"),
        (16, {"width": 1, "share": 0.1}, "0 of 4 channels the attribute's"),
        (16, {"width": 1, "share": 0.9}, "4 of 4 channels the attribute's"),
    ],
)
def test_what_cannot_be_built(size: int, keys: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GeneGan(Task(size), None, attributes=NAME, **keys)
