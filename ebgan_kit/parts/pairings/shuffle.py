"""The paper's pairing."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


def shuffle(faces: Faces, chance: Chance, *, group: Annotated[int, Ge(2)] = 4) -> Tensor:
    """The batch, shuffled: each face's exemplar is the next one in its group.

    The epoch is shuffled already, so who stands next to whom is chance. A `group` of consecutive
    faces is cut by no split over processes, so that any number of them sees the same pairs; the
    batch of each must be a multiple of it.
    """
    count = len(faces)
    if count % group:
        raise ValueError(f"a batch of {count} cannot be cut into groups of {group}")
    place = torch.arange(count, device=faces.image.device)
    return place - place % group + (place + 1) % group
