"""The term of a judge."""

from __future__ import annotations

from torch import Tensor

from ebgan_kit.parts.losses.cross_entropy import cross_entropy
from ebgan_kit.types import Edit, Networks


def classification(edit: Edit, networks: Networks) -> Tensor:
    """Σ_i BCE(C_i(A), y_i^A): what a judge says of untouched faces, against their labels."""
    labels = edit.source.attributes
    if labels is None:
        raise ValueError("this data has no attributes to learn")
    if "verdict" not in edit.extra:
        raise ValueError("this model is no judge: leave out [loss.classification]")
    return cross_entropy(edit.extra["verdict"], labels)
