"""GeneGAN's two terms, computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from ebgan_kit_genegan import GeneGan, nulling, parallelogram
from torch import Tensor

from ebgan_kit import Edit, Faces, Task
from ebgan_kit.testing import check_loss, drawn_faces

SWAP = torch.tensor([1, 0])


def flat(*values: float) -> Tensor:
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)


def with_parts(parts: Tensor | None, labels: Tensor | None) -> Edit:
    face = Faces(torch.zeros(len(parts) if parts is not None else 2, 3, 4, 4), attributes=labels)
    return Edit(
        face, face, None, face.image, extra={} if parts is None else {"attribute_part": parts}
    )


def exchanged(source: Tensor, completed: Tensor, order: Tensor | None = SWAP) -> Edit:
    exemplar = Faces(source if order is None else source[order], order=order)
    return Edit(Faces(source), exemplar, None, completed)


@pytest.fixture
def edit() -> Edit:
    """A tiny model's own edit of four drawn faces, two pairs."""
    torch.manual_seed(0)
    faces = drawn_faces(4, 32, ("Mustache",))
    faces = Faces(faces.image, faces.region, torch.tensor([[0.0], [1.0], [0.0], [1.0]]))
    order = torch.tensor([1, 0, 3, 2])
    exemplar = Faces(faces.image[order], faces.region, faces.attributes[order], order=order)
    return GeneGan(Task(32), None, attributes=("Mustache",), width=4)(faces, exemplar)


@pytest.mark.parametrize("term", [nulling, parallelogram])
def test_the_contract(term: Any, edit: Edit) -> None:
    check_loss(term, edit)


def test_nulling_by_hand() -> None:
    parts = torch.stack([torch.full((2, 2, 2), v) for v in (-3.0, 100.0, 1.0)])
    lacking = torch.tensor([[0.0], [1.0], [0.0]])
    assert nulling(with_parts(parts, lacking), None).item() == 2  # of |-3| and |1|
    assert nulling(with_parts(parts, torch.ones(3, 1)), None).item() == 0
    assert nulling(with_parts(parts, torch.zeros(3, 1)), None).item() == pytest.approx(104 / 3)


def test_nulling_reaches_faces_without_the_attribute_alone() -> None:
    parts = torch.ones(2, 3, 2, 2, requires_grad=True)
    nulling(with_parts(parts, torch.tensor([[0.0], [1.0]])), None).backward()
    assert torch.allclose(parts.grad[0], torch.tensor(1 / 12))
    assert not parts.grad[1].any()


def test_nulling_of_another_model_or_of_faces_without_labels() -> None:
    for parts, labels in ((None, torch.zeros(2, 1)), (torch.ones(2, 1, 1, 1), None)):
        with pytest.raises(ValueError, match=r"leave out \[loss.nulling\]"):
            nulling(with_parts(parts, labels), None)


def test_the_parallelogram_by_hand() -> None:
    # 0.2 + 0.6 - 0.5 - 0.1 = 0.2 for either face of the pair
    assert parallelogram(exchanged(flat(0.2, 0.6), flat(0.5, 0.1)), None).item() == pytest.approx(
        0.2
    )
    # what one gains, the other loses
    assert parallelogram(exchanged(flat(0.2, 0.6), flat(0.5, 0.3)), None).item() == pytest.approx(0)


def test_the_parallelogram_takes_the_partners_edit() -> None:
    source = flat(0.0, 0.0, 0.0, 0.0)
    completed = flat(0.1, 0.2, -0.1, 0.4)
    order = torch.tensor([2, 3, 0, 1])  # pairs whose sums are 0 and 0.6
    assert parallelogram(exchanged(source, completed, order), None).item() == pytest.approx(0.3)


@pytest.mark.parametrize("order", [None, torch.tensor([1, 2, 0])])
def test_the_parallelogram_of_faces_that_are_not_each_others(order: Tensor | None) -> None:
    faces = torch.zeros(3, 3, 4, 4)
    with pytest.raises(ValueError, match='use = "opposite"'):
        parallelogram(exchanged(faces, faces, order), None)
