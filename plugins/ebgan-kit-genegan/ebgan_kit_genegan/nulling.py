"""The nulling term of GeneGAN."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ebgan_kit import Edit


def nulling(edit: Edit, networks: Any) -> Tensor:
    """|e|₁: the attribute's part of a source that lacks the attribute is nothing.

    The mean over all numbers of those parts, 0 where every source has it. ValueError for a model
    that has no such part, and where nobody knows what the sources show.
    """
    part, labels = edit.extra.get("attribute_part"), edit.source.attributes
    if part is None or labels is None:
        raise ValueError("this term is GeneGAN's, on labelled faces: leave out [loss.nulling]")
    lacks = (1 - labels.float())[:, :, None, None]
    count = lacks.sum() * part[0].numel()
    return (part.float().abs() * lacks).sum() / count.clamp(min=1)
