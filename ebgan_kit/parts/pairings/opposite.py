"""Pairs of which one face has an attribute and the other has not."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, MultipleOf
from torch import Tensor

from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class Opposite:
    """An attribute at a time: two faces, one with it and one without, are each other's exemplars.

    So one step sees both directions, as GeneGAN, DNA-GAN and ELEGANT train. Each `group` of
    consecutive faces, which no split over processes cuts, takes an attribute by chance and pairs
    those that have it with those that have not; who is left over is paired with another left over.
    What is wanted of an edit is the source with that attribute as the exemplar has it. A pair
    of leftovers exchanges another attribute in which the two differ; if there is none, nothing
    changes.
    """

    def __init__(self, *, group: Annotated[int, Ge(2), MultipleOf(2)] = 8) -> None:
        self.group = group

    def __call__(self, faces: Faces, chance: Chance) -> Tensor:
        count = len(faces)
        if count % self.group:
            raise ValueError(f"a batch of {count} cannot be cut into groups of {self.group}")
        attribute = self._attribute(faces, chance)
        has = _labels(faces).gather(1, attribute[:, None]).view(-1, self.group)
        ranked = has.argsort(dim=1, descending=True, stable=True)
        mates = torch.empty_like(ranked).scatter(1, ranked, ranked.flip(1))
        first = torch.arange(0, count, self.group, device=mates.device)
        return (mates + first[:, None]).flatten()

    def wanted(self, source: Faces, exemplar: Faces, chance: Chance) -> Tensor:
        """[B, n]: the source's attributes, one of them as the exemplar has it."""
        mine, theirs = _labels(source), _labels(exemplar)
        differs = mine != theirs
        attribute = self._attribute(source, chance)[:, None]
        draw = chance.uniform("wanted", 1)
        other = _drawn(differs, torch.minimum(draw, draw[exemplar.order]))[:, None]
        changed = torch.where(differs.gather(1, attribute), attribute, other)
        one = torch.zeros_like(differs).scatter(1, changed, True) & differs
        return torch.where(one, theirs, mine)

    def _attribute(self, faces: Faces, chance: Chance) -> Tensor:
        """[B]: the attribute by which each face's group is paired."""
        labels = _labels(faces).view(-1, self.group, _labels(faces).shape[1])
        drawn = _drawn(_mixed(labels), chance.uniform("group", 1)[:: self.group])
        return drawn.repeat_interleave(self.group)


def _labels(faces: Faces) -> Tensor:
    if faces.attributes is None or not faces.attributes.shape[1]:
        raise ValueError("there are no attributes to pair by: give the model some, or use shuffle")
    return faces.attributes


def _mixed(labels: Tensor) -> Tensor:
    """[groups, n]: which attributes some faces of a group have and some have not."""
    return (labels > 0.5).any(1) & (labels < 0.5).any(1)


def _drawn(eligible: Tensor, draw: Tensor) -> Tensor:
    """[rows]: the place of one of the eligible columns [rows, n], by a number [rows, 1] in [0, 1);
    any place where there is none."""
    before = eligible.cumsum(1)
    target = (draw * before[:, -1:]).floor()
    return (before > target).int().argmax(1)
