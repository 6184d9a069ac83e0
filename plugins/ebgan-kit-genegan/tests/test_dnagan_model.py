"""DNA-GAN: whose block an edit has, and which blocks are annihilated."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from ebgan_kit_genegan import DnaGan
from torch import Tensor, nn

from ebgan_kit import Faces, Task

NAMES = ("Bangs", "Eyeglasses")
LABELS = [*itertools.product((0.0, 1.0), repeat=2)]


def faces(count: int, seed: int, attributes: Tensor | None) -> Faces:
    image = torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return Faces(image, attributes=attributes)


class Numbers(nn.Module):
    """An encoder whose code is its first pixel plus 1, 2, 3, 4: a number a channel."""

    def forward(self, image: Tensor) -> Tensor:
        return image[:, :1, :1, :1] + torch.tensor([1.0, 2, 3, 4]).view(1, 4, 1, 1)


def numbered(value: float, attributes: tuple[float, float]) -> Faces:
    return Faces(torch.full((1, 3, 16, 16), value), attributes=torch.tensor([attributes]))


@pytest.mark.parametrize("own", LABELS)
@pytest.mark.parametrize("wanted", LABELS)
def test_blocks_by_hand(own: tuple[float, float], wanted: tuple[float, float]) -> None:
    """Codes are 101 … 104 of the source and 201 … 204 of the exemplar, a channel a block."""
    model = DnaGan(Task(16), None, attributes=NAMES, width=1, block=1)
    model.encoder, model.decoder = Numbers(), nn.Identity()
    edit = model(numbered(100, own), numbered(200, (1, 0)), torch.tensor([wanted]))
    # (what the source has, what is wanted) -> whose block
    of_first = {(0, 0): 0.0, (0, 1): 201.0, (1, 0): 0.0, (1, 1): 101.0}
    of_second = {(0, 0): 0.0, (0, 1): 202.0, (1, 0): 0.0, (1, 1): 102.0}
    expected = [of_first[own[0], wanted[0]], of_second[own[1], wanted[1]], 103.0, 104.0]
    assert edit.completed.flatten().tolist() == expected
    kept = [101.0 * own[0], 102.0 * own[1], 103.0, 104.0]
    assert edit.reconstruction.flatten().tolist() == kept


def test_blocks_come_first_and_are_of_their_own_size() -> None:
    """With two channels a block: the second attribute's are the third and the fourth."""
    model = DnaGan(Task(16), None, attributes=NAMES, width=2, block=2)
    model.encoder = nn.Identity()
    model.decoder = nn.Identity()
    source = Faces(torch.full((1, 8, 2, 2), 5.0), attributes=torch.tensor([[1.0, 0.0]]))
    exemplar = Faces(torch.full((1, 8, 2, 2), 7.0), attributes=torch.tensor([[0.0, 1.0]]))
    edit = model(source, exemplar, torch.tensor([[1.0, 1.0]]))
    assert edit.completed[0, :, 0, 0].tolist() == [5, 5, 7, 7, 5, 5, 5, 5]
    both = model(source, exemplar)  # as the exemplar has it: not the first, but the second
    assert both.completed[0, :, 0, 0].tolist() == [0, 0, 7, 7, 5, 5, 5, 5]


@pytest.fixture
def model() -> DnaGan:
    torch.manual_seed(0)
    return DnaGan(Task(16), None, attributes=NAMES, width=4, block=5).eval()


def test_an_edit_in_use_is_the_edit_in_training(model: DnaGan) -> None:
    labels = torch.tensor([[1.0, 0], [0, 0], [0, 1]])
    source, exemplar = faces(3, 1, labels), faces(3, 2, labels.roll(1, 0))
    for wanted in (None, torch.ones(3, 2)):
        trained, used = model(source, exemplar, wanted), model.edit(source, exemplar, wanted)
        assert torch.allclose(trained.completed, used.completed, atol=1e-6)
        assert torch.equal(trained.wanted, used.wanted)
    assert used.completed.abs().max() <= 1


def test_exemplars_out_of_the_batch_are_not_encoded_again(model: DnaGan) -> None:
    source, order = faces(2, 1, torch.tensor([[1.0, 0], [0, 1]])), torch.tensor([1, 0])
    exemplar = replace(source[order], order=order)
    calls = []
    model.encoder.register_forward_hook(lambda *given: calls.append(1))
    told = model(source, exemplar)
    assert len(calls) == 1
    untold = model(source, replace(exemplar, order=None))
    assert torch.allclose(told.completed, untold.completed, atol=1e-6)


def test_the_exemplar_is_seen_only_where_it_gives_a_block(model: DnaGan) -> None:
    """Neither where nothing is changed nor where an attribute is taken away."""
    labels = torch.tensor([[1.0, 0], [1, 0], [1, 0]])
    exemplar = faces(3, 2, 1 - labels)
    exemplar = replace(exemplar, image=exemplar.image.requires_grad_(True))
    wanted = torch.tensor([[1.0, 0], [0, 0], [1, 1]])
    edit = model(faces(3, 1, labels), exemplar, wanted)
    (gradient,) = torch.autograd.grad(edit.completed.sum(), exemplar.image)
    assert [bool(g.any()) for g in gradient] == [False, False, True]


def test_an_unchanged_face_is_its_reconstruction(model: DnaGan) -> None:
    labels = torch.tensor([[1.0, 0], [0, 1]])
    edit = model(faces(2, 1, labels), faces(2, 2, 1 - labels), labels)
    assert torch.equal(edit.completed, edit.reconstruction)


def test_what_the_source_shows_must_be_known(model: DnaGan) -> None:
    labels = torch.tensor([[1.0, 0]])
    blind, seen = faces(1, 1, None), faces(1, 2, labels)
    for call in (model, model.edit):
        with pytest.raises(ValueError, match=r"train it with a table \[classifier\]"):
            call(blind, seen, labels)
    with pytest.raises(ValueError, match="say what is wanted of the edits"):
        model.edit(seen, blind)


def test_blocks_that_leave_no_rest() -> None:
    for block in (8, 9):
        with pytest.raises(ValueError, match=f"2 blocks of {block} channels leave no rest of the"):
            DnaGan(Task(16), None, attributes=NAMES, width=4, block=block)
    assert DnaGan(Task(16), None, attributes=NAMES, width=4, block=7).sizes == [14, 2]


def test_a_size_that_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="20 pixels cannot be halved 3 times"):
        DnaGan(Task(20), None, attributes=NAMES)
