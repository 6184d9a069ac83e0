"""Opposite pairs: one face with an attribute and one without, each the other's exemplar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fixtures.recipes import ATT
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.loading import Order, batches, only, open_data
from ebgan_kit.parts.pairings.opposite import Opposite
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.rng import Chance
from ebgan_kit.training.pairs import Batch, Pairs, pairs_of
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Faces

Tiny = Callable[..., Recipe]

OPPOSITE = (*ATT, "pairing.use=opposite", "pairing.group=4")


def faces_with(labels: Tensor) -> Faces:
    """Faces of which nothing is known but their labels and which they are."""
    count = len(labels)
    return Faces(torch.zeros(count, 3, 2, 2), attributes=labels.float(), index=torch.arange(count))


def by_chance(count: int = 480, names: int = 5, share: float = 0.3) -> Faces:
    generator = torch.Generator().manual_seed(0)
    return faces_with(torch.rand(count, names, generator=generator) < share)


def chance_of(faces: Faces, seed: int = 0) -> Chance:
    return Chance(seed, torch.arange(len(faces)))


def paired(faces: Faces, group: int, seed: int = 0) -> tuple[Tensor, Faces, Tensor]:
    """Who is whose exemplar, the exemplars, and what is wanted of each edit."""
    pairing, chance = Opposite(group=group), chance_of(faces, seed)
    order = pairing(faces, chance)
    exemplar = replace(faces[order], order=order)
    return order, exemplar, pairing.wanted(faces, exemplar, chance)


# Who is whose exemplar


@pytest.mark.parametrize("group", [2, 4, 6, 8, 16])
def test_two_faces_of_a_group_are_each_others_exemplars(group: int) -> None:
    order, _, _ = paired(by_chance(), group)
    everyone = torch.arange(480)
    assert order.dtype == torch.int64
    assert torch.equal(order[order], everyone)
    assert (order != everyone).all()
    assert torch.equal(order // group, everyone // group)


@pytest.mark.parametrize("group", [2, 4, 6, 8, 16])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_pairs_differ_in_an_attribute_as_often_as_can_be(group: int, share: float) -> None:
    """Of a group of which k have it, k pairs differ in it, or those that are left without it."""
    faces = by_chance(share=share)
    _, exemplar, _ = paired(faces, group)
    labels = faces.attributes.view(-1, group, 5)
    differs = (faces.attributes != exemplar.attributes).view(-1, group, 5)
    most = 2 * torch.minimum(labels.sum(1), (1 - labels).sum(1))
    is_drawn = (differs.sum(1) == most) & (most > 0)
    is_mixed = (most > 0).any(1)
    assert is_mixed.any()
    assert torch.equal(is_drawn.any(1), is_mixed)


def test_every_attribute_that_divides_a_group_is_drawn_as_often() -> None:
    """Of three attributes two divide these groups, and pair them otherwise; all have the third."""
    group = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 1, 1]])
    order, _, _ = paired(faces_with(group.repeat(1000, 1)), 4)
    first = order.view(-1, 4)[:, 0] % 4
    by_first, by_second = (first == 3), (first == 2)
    assert torch.equal(~by_first, by_second)
    assert by_first.float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_pairs_of_a_group_that_nothing_divides() -> None:
    alike = faces_with(torch.tensor([[1, 0]]).repeat(8, 1))
    order, _, wanted = paired(alike, 8)
    assert order.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    assert torch.equal(wanted, alike.attributes)


# What is wanted


@pytest.mark.parametrize("group", [2, 8])
@pytest.mark.parametrize("names", [1, 5])
def test_one_attribute_is_wanted_as_the_exemplar_has_it(group: int, names: int) -> None:
    source = by_chance(names=names)
    _, exemplar, wanted = paired(source, group)
    changes = wanted != source.attributes
    differs = source.attributes != exemplar.attributes
    assert torch.equal(changes.sum(1), differs.any(1).long())
    assert torch.equal(wanted[changes], exemplar.attributes[changes])
    assert 0 < differs.any(1).float().mean() < 1
    assert set(wanted.unique().tolist()) == {0.0, 1.0}
    assert wanted.dtype == source.attributes.dtype


def test_every_attribute_in_which_two_faces_differ_is_wanted_as_often() -> None:
    faces = faces_with(torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0]]).repeat(2000, 1))
    _, _, wanted = paired(faces, 2)
    changes = (wanted != faces.attributes).float().mean(0).tolist()
    assert changes == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.04)


@pytest.mark.parametrize("group", [2, 8])
def test_both_directions_of_a_pair_change_the_same_attribute(group: int) -> None:
    """Two faces exchange it: so one step sees both directions."""
    faces = by_chance()
    order, _, wanted = paired(faces, group)
    changes = wanted != faces.attributes
    assert torch.equal(changes, changes[order])


@pytest.mark.parametrize("group", [4, 8])
def test_the_attribute_that_a_group_is_paired_by_is_the_one_that_is_wanted(group: int) -> None:
    """Where two faces differ in it; who is left over changes another one, or none."""
    faces = by_chance()
    _, exemplar, wanted = paired(faces, group)
    labels = faces.attributes.view(-1, group, 5)
    differs, changes = (
        (faces.attributes != others).view(-1, group, 5) for others in (exemplar.attributes, wanted)
    )
    most = 2 * torch.minimum(labels.sum(1), (1 - labels).sum(1))
    is_drawn = (differs.sum(1) == most) & (most > 0)
    always = is_drawn & (differs == changes).all(1)
    assert torch.equal(always.any(1), is_drawn.any(1))


# Chance


def test_pairs_depend_on_the_seed_and_the_place_in_the_run() -> None:
    faces = by_chance()
    order, _, wanted = paired(faces, 8)
    again, _, again_wanted = paired(faces, 8)
    assert torch.equal(order, again)
    assert torch.equal(wanted, again_wanted)
    other, _, _ = paired(faces, 8, seed=1)
    later = Opposite(group=8)(faces, Chance(0, torch.arange(480, 960)))
    for changed in (other, later):
        assert 0.2 < (changed != order).float().mean() < 0.95


def test_a_group_is_paired_by_itself() -> None:
    """Whatever stands beside it in the batch."""
    faces, pairing = by_chance(), Opposite(group=8)
    whole, _, whole_wanted = paired(faces, 8)
    for start in (0, 8, 240):
        part = slice(start, start + 16)
        chance = Chance(0, torch.arange(480)[part])
        order = pairing(faces[part], chance)
        assert torch.equal(order + start, whole[part])
        exemplar = replace(faces[part][order], order=order)
        wanted = pairing.wanted(faces[part], exemplar, chance)
        assert torch.equal(wanted, whole_wanted[part])


@pytest.mark.parametrize("processes", [2, 4])
def test_any_number_of_processes_sees_the_same_pairs(tiny: Tiny, processes: int) -> None:
    recipe = tiny(*OPPOSITE, "data.count=24")
    data, pairs = open_data(recipe), pairs_of(recipe)

    def first_batches(rank: int, number: int) -> list[Batch]:
        order = Order(len(data), 16, recipe.seed, 0, rank, number)
        stream = batches(data, order, 0, torch.device("cpu"), recipe.attributes)
        found = [next(stream) for _ in range(3)]
        return [pairs(faces, places) for _, faces, places in found]

    alone = first_batches(0, 1)
    shares = [first_batches(rank, processes) for rank in range(processes)]
    for whole, parts in zip(alone, zip(*shares, strict=True), strict=True):
        for known in ("source", "exemplar"):
            index = torch.cat([getattr(part, known).index for part in parts])
            assert torch.equal(index, getattr(whole, known).index)
        assert torch.equal(torch.cat([part.wanted for part in parts]), whole.wanted)


# In a batch


def test_a_batch_has_the_pairings_exemplars_and_wishes(tiny: Tiny) -> None:
    recipe = tiny(*OPPOSITE, "seed=3")
    data = open_data(recipe)
    faces = only(data.__getitems__(range(16)), data.attributes, recipe.attributes)
    batch = pairs_of(recipe)(faces, torch.arange(16))
    chance, pairing = Chance(3, torch.arange(16)), Opposite(group=4)
    order = pairing(faces, chance)
    assert torch.equal(batch.exemplar.order, order)
    assert torch.equal(batch.exemplar.image, faces.image[order])
    assert torch.equal(batch.exemplar.attributes, faces.attributes[order])
    assert torch.equal(batch.wanted, pairing.wanted(faces, batch.exemplar, chance))
    assert not torch.equal(batch.wanted, batch.exemplar.attributes)


def test_a_pairing_without_wishes_wants_what_the_exemplar_has(tiny: Tiny) -> None:
    recipe = tiny(*ATT, "pairing.use=shuffle")
    data = open_data(recipe)
    faces = only(data.__getitems__(range(16)), data.attributes, recipe.attributes)
    batch = pairs_of(recipe)(faces, torch.arange(16))
    assert torch.equal(batch.wanted, batch.exemplar.attributes)


def test_switches_are_drawn_over_what_a_pairing_wants() -> None:
    faces = by_chance()

    def wanted(off: float, on: float) -> Tensor:
        pairs = Pairs(0, lambda f, c: f.image[:, :1], Opposite(group=8), None, None, off, on)
        return pairs(faces, torch.arange(480)).wanted

    plain = paired(faces, 8)[2]
    assert torch.equal(wanted(0, 0), plain)
    assert torch.equal(wanted(1, 0), torch.zeros_like(plain))
    assert torch.equal(wanted(0, 1), torch.ones_like(plain))
    some = wanted(0.25, 0)
    assert (some <= plain).all()
    assert (some < plain).sum() / plain.sum() == pytest.approx(0.25, abs=0.06)


# What cannot be paired


@pytest.mark.parametrize("labels", [None, torch.zeros(8, 0)])
def test_faces_without_attributes(labels: Tensor | None) -> None:
    faces = replace(faces_with(torch.zeros(8, 1)), attributes=labels)
    with pytest.raises(ValueError, match="there are no attributes to pair by"):
        Opposite()(faces, chance_of(faces))
    with pytest.raises(ValueError, match="there are no attributes to pair by"):
        Opposite().wanted(faces, faces, chance_of(faces))


def test_a_batch_that_cannot_be_grouped() -> None:
    faces = by_chance(12)
    with pytest.raises(ValueError, match="a batch of 12 cannot be cut into groups of 8"):
        Opposite()(faces, chance_of(faces))


def test_a_model_without_attributes_has_no_opposites(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        train(tiny("pairing.use=opposite", "train.batch=8"), tmp_path / "run")
    assert str(caught.value) == (
        "[pairing] opposite: there are no attributes to pair by: give the model some, or use "
        "shuffle"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (3, "input should be a multiple of 2"),
        (0, "input should be greater than or equal to 2"),
        (-2, "input should be greater than or equal to 2"),
    ],
)
def test_an_odd_group_is_refused(tiny: Tiny, tiny_file: Path, group: int, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        tiny(*ATT, "pairing.use=opposite", f"pairing.group={group}")
    assert str(caught.value) == f"{tiny_file}: [pairing] group = {group}: {reason}"


def test_a_batch_that_is_no_multiple_of_the_group(
    tiny: Tiny, tmp_path: Path, command: Callable[..., object], tiny_file: Path
) -> None:
    """By default groups are of eight, and this recipe's batches of four."""
    words = (*ATT, "pairing.use=opposite")
    with pytest.raises(UsageError, match=r"\[train\] a batch of 4 cannot be cut into groups of 8"):
        train(tiny(*words), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    answer = command("check", tiny_file, *words)
    assert "cannot be cut into groups of 8 (pairing.group): set train.batch" in answer.err
    answer = command("check", tiny_file, *words, "train.batch=16")
    assert answer.status == 0
