"""The cycle term: the completed image has the exemplar's code."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from torch import Tensor

from ebgan_kit.types import Edit, Networks, frozen


def cycle(
    edit: Edit,
    networks: Networks,
    *,
    trains_encoder: bool = False,
    filtered: bool = True,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """|E(A_b, M) - Z_B|₁: the code of the completed image is the exemplar's (eq. 4).

    `trains_encoder`: the paper's form, gradients reach E's weights too. It lets E collapse to a
    constant code, which costs nothing here and makes edits ignore their exemplar. Without it the
    gradients pass through E to the image, and the exemplar's code stands still.
    `filtered`: of a model that filters its code, the code as it was decoded; else all of it, and
    the cycle asks for what was switched off, too.
    `reduction`: the norm as a mean over numbers, or as their sum for each image.
    """
    code = edit.code if filtered else edit.extra.get("whole_code")
    if code is None:
        raise ValueError(
            "this model has no such code: leave out [loss.cycle], or its key 'filtered'"
        )
    shown = None
    if filtered and edit.wanted is not None:
        shown = edit.wanted * edit.extra.get("reach", 1)
    completed = replace(edit.source, image=edit.completed, attributes=shown)
    if trains_encoder:
        distance = (networks.model.encode(completed) - code).abs().float()
    else:
        with frozen(networks.model):
            distance = (networks.model.encode(completed) - code.detach()).abs().float()
    return distance.mean() if reduction == "mean" else distance.sum((1, 2, 3)).mean()
