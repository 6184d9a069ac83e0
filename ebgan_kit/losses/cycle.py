"""The cycle term: the completed image has the exemplar's code."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from torch import Tensor

from ebgan_kit.faces import Edit
from ebgan_kit.networks import Networks, frozen


def cycle(
    edit: Edit,
    networks: Networks,
    *,
    trains_encoder: bool = False,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """|E(A_b, M) - Z_B|₁: the code of the completed image is the exemplar's (eq. 4).

    `trains_encoder`: the paper's form, gradients reach E's weights too. It lets E collapse to a
    constant code, which costs nothing here and makes edits ignore their exemplar. Without it the
    gradients pass through E to the image, and the exemplar's code stands still.
    `reduction`: the norm as a mean over numbers, or as their sum for each image.
    """
    if edit.code is None:
        raise ValueError("this model has no code: leave out [loss.cycle]")
    completed = replace(edit.source, image=edit.completed)
    if trains_encoder:
        distance = (networks.model.encode(completed) - edit.code).abs().float()
    else:
        with frozen(networks.model):
            distance = (networks.model.encode(completed) - edit.code.detach()).abs().float()
    return distance.mean() if reduction == "mean" else distance.sum((1, 2, 3)).mean()
