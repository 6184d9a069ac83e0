"""What the networks that judge are shown in training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ebgan_kit.chance import Chance, of_pairs
from ebgan_kit.faces import Edit, Faces
from ebgan_kit.networks import Networks
from ebgan_kit.pairs import Change


@dataclass(frozen=True)
class Shown:
    """A network that judges images, each changed by chance before it is shown."""

    network: Any
    augment: Change
    chance: Chance

    def __call__(self, image: Tensor, *given: Any) -> Any:
        return self.network(self.augment(Faces(image), self.chance).image, *given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


def augmented(networks: Networks, augment: Change | None, edit: Edit, clock: int) -> Networks:
    """D and C as the terms of a step see them; real and drawn faces are changed alike.

    What chance draws is of the pair of faces and of the images before it, so it is the same however
    a batch is shared out.
    """
    if augment is None:
        return networks
    pairs = of_pairs(edit.source.index, edit.exemplar.index)
    chance = Chance(clock, pairs.number).stream("discriminator")

    def shown(network: Any) -> Any:
        return network and Shown(network, augment, chance)

    return replace(
        networks,
        discriminator=shown(networks.discriminator),
        classifier=shown(networks.classifier),
    )
