"""The way back: a source is rebuilt from the code of an edit in which it was the exemplar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT
from torch import Tensor, nn

from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.parts.data.loading import only
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.region import region
from ebgan_kit.parts.models.ebgan import Ebgan
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.types import Edit, Faces, Task

Tiny = Callable[..., Recipe]

WEIGHT, GAIN = 1.5, 0.5


class Tone(nn.Module):
    """An encoder whose code is the mean colour of the region, weighted."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(WEIGHT))

    def forward(self, image: Tensor, region: Tensor) -> Tensor:
        return self.weight * tone(image, region)


def tone(image: Tensor, region: Tensor) -> Tensor:
    """[B, 3, 1, 1]"""
    count = region.sum((2, 3), keepdim=True).clamp(min=1)
    return (image * region).sum((2, 3), keepdim=True) / count


class Paint(nn.Module):
    """A generator that fills the region with the source's own tone and the code's."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(GAIN))

    def encode(self, masked: Tensor, region: Tensor) -> tuple[Tensor, ...]:
        return masked, region

    def decode(self, context: tuple[Tensor, ...], code: Tensor) -> Tensor:
        masked, here = context
        return masked + here * (tone(masked, 1 - here) + self.gain * code)


def painter(way_back: float) -> Ebgan:
    parts = {"encoder": Tone, "generator": Paint}
    return Ebgan(Task(4), lambda kind, *given: parts[kind](), code=3, way_back=way_back)


def faces_of(count: int) -> tuple[Faces, Faces]:
    """Faces of 4x4 pixels whose regions are halves, and each one's exemplar: the next in its
    group of four."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(count, 3, 4, 4, generator=generator) - 0.5
    half = torch.zeros(count, 1, 4, 4)
    half[::2, :, :2], half[1::2, :, :, 2:] = 1, 1
    numbers = torch.arange(count)
    source = Faces(image, half, index=numbers + 70)
    order = numbers - numbers % 4 + (numbers + 1) % 4
    return source, replace(source[order], order=order)


def by_hand(source: Faces, order: Tensor) -> tuple[Tensor, Tensor]:
    """[B, 3, 1, 1]: each face's skin, and the tone of the edit in which it was the exemplar."""
    assert source.region is not None
    skin, own = tone(source.image, 1 - source.region), tone(source.image, source.region)
    painted = skin + GAIN * WEIGHT * own[order]
    found = torch.zeros_like(painted)
    for edit, exemplar in enumerate(order.tolist()):
        found[exemplar] = painted[edit]
    return skin, found


def test_a_source_is_rebuilt_from_the_edit_that_it_was_the_exemplar_of() -> None:
    source, exemplar = faces_of(8)
    assert source.region is not None
    assert exemplar.order is not None
    made = painter(1.0)(source, exemplar)
    skin, found = by_hand(source, exemplar.order)
    expected = torch.where(source.region > 0, skin + GAIN * WEIGHT * found, source.image)
    assert torch.allclose(made.reconstruction, expected, atol=1e-6)
    plain = painter(0.0)(source, exemplar)
    assert torch.allclose(made.completed, plain.completed, atol=1e-6)
    assert torch.equal(made.code, plain.code)
    assert not torch.allclose(made.reconstruction, plain.reconstruction, atol=0.01)


def test_no_gradient_passes_through_the_pixels_of_an_edit() -> None:
    """The encoder learns from what it finds there, the generator from what it draws then."""
    source, exemplar = faces_of(8)
    assert source.region is not None
    assert exemplar.order is not None
    model = painter(1.0)
    (model(source, exemplar).reconstruction * source.region).sum().backward()
    _, found = by_hand(source, exemplar.order)
    total = 8 * found.sum().item()  # each region has eight pixels
    assert model.encoder.weight.grad.item() == pytest.approx(GAIN * total, rel=1e-4)
    assert model.generator.gain.grad.item() == pytest.approx(WEIGHT * total, rel=1e-4)


def test_an_edit_is_looked_at_as_a_picture() -> None:
    """What is drawn beyond white or black is cut, as a file would hold it."""
    source, exemplar = faces_of(4)
    bright = replace(source, image=source.image * 0 + 0.9)
    assert bright.region is not None
    assert exemplar.order is not None
    made = painter(1.0)(bright, replace(bright[exemplar.order], order=exemplar.order))
    assert made.completed.max() > 1.5
    inside = made.reconstruction[(bright.region > 0).expand_as(made.reconstruction)]
    assert torch.allclose(inside, torch.tensor(0.9 + GAIN * WEIGHT * 1.0))


def who_returns(model: Ebgan, source: Faces, exemplar: Faces) -> Tensor:
    own = painter(0.0)(source, exemplar).reconstruction
    with torch.no_grad():
        return ((model(source, exemplar).reconstruction - own).abs() > 1e-4).flatten(1).any(1)


def test_a_pair_returns_by_itself_as_often_as_is_asked_for() -> None:
    source, exemplar = faces_of(400)
    returns = who_returns(painter(0.25), source, exemplar)
    assert returns.sum().item() == pytest.approx(100, abs=26)
    few, theirs = source[40:60], replace(exemplar[40:60], order=exemplar.order[40:60] - 40)
    assert torch.equal(who_returns(painter(0.25), few, theirs), returns[40:60])
    later = replace(source, index=source.index + 5), replace(exemplar, index=exemplar.index + 5)
    assert not torch.equal(who_returns(painter(0.25), *later), returns)
    more = who_returns(painter(0.6), source, exemplar)
    assert (more >= returns).all()


@pytest.mark.parametrize("way_back", [0.0, 1.0])
def test_in_use_nothing_changes(way_back: float) -> None:
    source, exemplar = faces_of(8)
    assert source.region is not None
    model = painter(way_back).eval()
    made = model(source, exemplar)
    skin, own = tone(source.image, 1 - source.region), tone(source.image, source.region)
    expected = torch.where(source.region > 0, skin + GAIN * WEIGHT * own, source.image)
    assert torch.allclose(made.reconstruction, expected, atol=1e-6)
    assert torch.allclose(model.edit(source, exemplar).completed, made.completed, atol=1e-6)


def test_exemplars_that_are_no_sources_have_no_way_back() -> None:
    source, exemplar = faces_of(8)
    others = replace(exemplar, order=None)
    plain, back = (painter(share)(source, others) for share in (0.0, 1.0))
    assert torch.equal(plain.reconstruction, back.reconstruction)


# The kit's own networks


def networks_of(recipe: Recipe) -> Any:
    torch.manual_seed(0)
    return build_networks(recipe).model


@pytest.fixture(scope="module")
def pair(faces: Faces) -> tuple[Faces, Faces]:
    """Eight sources, each the exemplar of the one before, with both attributes."""
    known = only(faces, Synthetic.attributes, ("Smiling", "Mustache"))[:8]
    source = replace(
        known, region=region(known, None, regions=("mouth",)), attributes=torch.ones(8, 2)
    )
    order = torch.arange(8).roll(-1)
    return source, replace(source[order], order=order)


def test_without_it_training_is_what_it_was(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    source, exemplar = pair
    assert exemplar.order is not None
    model = networks_of(tiny())
    made = model(source, exemplar)
    code = model.encoder(exemplar.image, exemplar.region)
    context = model.generator.encode(source.image * (1 - source.region), source.region)
    assert torch.equal(made.code, code)
    assert torch.allclose(made.completed, model.generator.decode(context, code), atol=1e-5)
    own = model.encoder(source.image, source.region)
    assert torch.allclose(made.reconstruction, model.generator.decode(context, own), atol=1e-5)


def test_the_kits_networks_go_the_way_back(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    source, exemplar = pair
    model = networks_of(tiny("model.way_back=1"))
    made = model(source, exemplar)
    assert torch.allclose(
        made.completed, networks_of(tiny())(source, exemplar).completed, atol=1e-5
    )
    found = model.encoder(made.image.detach().clamp(-1, 1), source.region)
    context = model.generator.encode(source.image * (1 - source.region), source.region)
    expected = model.generator.decode(context, found.roll(1, 0))
    assert torch.allclose(made.reconstruction, expected, atol=1e-5)


def rebuilt(tiny: Tiny, source: Faces, exemplar: Faces, wanted: Tensor, way_back: int) -> Edit:
    model = networks_of(tiny(*ATT, f"model.way_back={way_back}"))
    with torch.no_grad():
        made: Edit = model(source, exemplar, wanted)
    return made


def test_edits_with_other_switches_give_no_code_back(tiny: Tiny, pair: tuple[Faces, Faces]) -> None:
    """The first three edits have something off that their exemplars have; the code of the fifth is
    of something that its exemplar has not got."""
    source, exemplar = pair
    attributes = torch.ones(8, 2)
    attributes[5] = torch.tensor([0.0, 1.0])  # the fifth edit's exemplar
    source = replace(source, attributes=attributes)
    exemplar = replace(exemplar, attributes=attributes.roll(-1, 0))
    wanted = attributes.roll(-1, 0)
    wanted[0], wanted[1], wanted[2], wanted[4] = 0, wanted[1].flip(0) * 0, wanted[2] * 0, 1
    wanted[1, 0] = 1
    plain, back = (rebuilt(tiny, source, exemplar, wanted, share) for share in (0, 1))
    differs = (plain.reconstruction - back.reconstruction).abs().amax((1, 2, 3)) > 1e-4
    stays = {1, 2, 3, 5}  # each is the exemplar of the edit before it
    assert differs.tolist() == [number not in stays for number in range(8)]
    assert torch.allclose(plain.completed, back.completed, atol=1e-5)


def test_a_code_that_came_back_is_filtered_by_what_the_source_has(
    tiny: Tiny, pair: tuple[Faces, Faces]
) -> None:
    source, exemplar = pair
    attributes = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]] * 2)
    source = replace(source, attributes=attributes)
    exemplar = replace(exemplar, attributes=attributes.roll(-1, 0))
    assert exemplar.attributes is not None
    model = networks_of(tiny(*ATT, "model.way_back=1"))
    made = model(source, exemplar, exemplar.attributes)
    found = model.encoder(made.image.detach().clamp(-1, 1), source.region).roll(1, 0)
    found = found * attributes.repeat_interleave(2, 1)[:, :, None, None]
    context = model.generator.encode(source.image * (1 - source.region), source.region)
    expected = model.generator.decode(context, found)
    assert torch.allclose(made.reconstruction, expected, atol=1e-5)
