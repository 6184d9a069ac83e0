"""The attribute term: C on real faces, and C's opinion of what was completed."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ebgan_kit.parts.losses.cross_entropy import cross_entropy
from ebgan_kit.types import Edit, Networks


class Attribute:
    """Σ_i BCE(C_i(A_b), y_i^B): the completed image shows what is wanted of the exemplar (eq. 2).

    The critic's side trains C on the sources as they are, Σ_i BCE(C_i(A), y_i^A) (eq. 3). On the
    model's side an attribute counts only where the region can show it.

    `judges`: C is shown A_b, the `completed` image as the network drew it, which is the paper's, or
    the `edit` y, which is what a user sees and what C was trained on outside the region.
    `by`: C is the recipe's [classifier], or the `discriminator`'s own head of attributes.
    """

    def __init__(
        self,
        *,
        judges: Literal["completed", "edit"] = "completed",
        by: Literal["classifier", "discriminator"] = "classifier",
    ) -> None:
        self.judges = judges
        self.opinion = _OPINIONS[by]

    def __call__(self, edit: Edit, networks: Networks) -> Tensor:
        if edit.wanted is None or not edit.wanted.shape[1]:
            raise ValueError("this model edits no attributes: leave out [loss.attribute]")
        image = edit.completed if self.judges == "completed" else edit.image
        return cross_entropy(self.opinion(networks, image), edit.wanted, edit.extra.get("reach"))

    def critic(self, edit: Edit, networks: Networks) -> Tensor:
        labels = edit.source.attributes
        if labels is None:
            raise ValueError("this data has no attributes to train C on")
        return cross_entropy(self.opinion(networks, edit.source.image), labels)


def _of_classifier(networks: Networks, image: Tensor) -> Tensor:
    """C(image): logits [B, n]."""
    if networks.classifier is None:
        raise ValueError("there is no C: add a table [classifier]")
    return networks.classifier(image)


def _of_discriminator(networks: Networks, image: Tensor) -> Tensor:
    """The logits [B, n] of the head that shares D's trunk."""
    judge = networks.discriminator
    verdict = None if judge is None else judge(image, None)
    if verdict is None or verdict.attributes is None:
        raise ValueError("no discriminator here has a head of attributes: take by = 'classifier'")
    return verdict.attributes


_OPINIONS = {"classifier": _of_classifier, "discriminator": _of_discriminator}
