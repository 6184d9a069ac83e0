"""The parallelogram term of GeneGAN."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ebgan_kit import Edit


def parallelogram(edit: Edit, networks: Any) -> Tensor:
    """|Ax + Be - Bx - Ae|₁: what one face gains by an exchange, the other loses.

    The mean over all numbers of source + exemplar - edit - the exemplar's own edit, which is in the
    same batch where two faces are each other's exemplars, as the pairing `opposite` makes them.
    ValueError where they are not (looked at on the CPU alone, so that no step waits for a device).
    """
    order = edit.exemplar.order
    if order is None or (order.device.type == "cpu" and not _mutual(order)):
        raise ValueError(
            "[loss.parallelogram] needs faces that are each other's exemplars: take "
            '[pairing] use = "opposite"'
        )
    before = edit.source.image + edit.exemplar.image
    after = edit.completed.float() + edit.completed[order].float()
    return (before - after).abs().mean()


def _mutual(order: Tensor) -> bool:
    return torch.equal(order[order], torch.arange(len(order)))
