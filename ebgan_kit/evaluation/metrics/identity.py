"""Is it still the same person? How alike two faces are to a network that tells people apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ebgan_kit.evaluation.metrics.attributes import Rows
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.types import Edit, Faces

MOST = 1_000
"""How many untouched photographs the errors of a threshold are of at most: each meets each."""


class Recogniser(Protocol):
    """A network that was trained to tell people apart."""

    @property
    def name(self) -> str:
        """As it stands in a report."""

    @property
    def threshold(self) -> float | None:
        """The distance below which its makers take two faces for one person's.

        None if faces are compared by a cosine, for which nobody gave a threshold.
        """

    def __call__(self, faces: Faces) -> Tensor:
        """Describe faces by [B, F] numbers, on the images' device; they need landmarks."""


class Identity:
    """Who the people of edits are to a recogniser, batch by batch."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self._sources: list[Tensor] = []

    def add(self, source: Faces, exemplar: Faces, made: Edit) -> Rows:
        """Compare edits with sources and exemplars, and as a control these with each other.

        `ValueError` if a side has no landmarks. An edit has those of its source.
        """
        edits = self.recogniser(replace(source, image=made.image))
        sources, exemplars = self.recogniser(source), self.recogniser(exemplar)
        self._sources.append(sources)
        sides = {
            "edit": (edits, sources),
            "exemplar": (edits, exemplars),
            "pair": (sources, exemplars),
        }
        rows: Rows = {}
        for name, (one, other) in sides.items():
            if self.recogniser.threshold is None:
                rows["identity", name] = cosine_similarity(one, other).cpu()
            else:
                apart = (one - other).norm(dim=1).cpu()
                rows["identity", "distance", name] = apart
                rows["identity", "below", name] = (apart < self.recogniser.threshold).double()
        return rows

    def described(self, people: Tensor | None, seed: int) -> dict[str, Any]:
        """Return what stands in a report beside the means of the rows.

        {"recogniser": name}, and where there is a threshold {"threshold": x} and, where `people`,
        the sources' identities [n], are known, {"errors": what `errors` returns}.
        """
        threshold = self.recogniser.threshold
        if threshold is None:
            return {"recogniser": self.recogniser.name}
        found: dict[str, Any] = {"recogniser": self.recogniser.name, "threshold": threshold}
        if people is not None:
            found["errors"] = errors(torch.cat(self._sources), people, threshold, seed)
        return found


def errors(features: Tensor, people: Tensor, threshold: float, seed: int = 0) -> dict[str, Any]:
    """Count the pairs of untouched photographs about which a threshold is wrong.

    `features` [n, F] and `people` [n] are those of the photographs, of which the first `MOST` are
    taken. Returns {"same_above": F, "different_below": F}: of all pairs of photographs of one
    person the share that is taken for two people, and of all pairs of two people the share that
    is taken for one. Each F is {"value", "low", "high"} with a 95% interval over people.
    """
    features, people = features[:MOST].cpu(), people[:MOST].cpu()
    one, other = torch.triu_indices(len(people), len(people), offset=1)
    is_below = torch.cdist(features, features)[one, other] < threshold
    is_same = people[one] == people[other]
    wrong = {"same_above": (is_same, ~is_below), "different_below": (~is_same, is_below)}
    return {
        name: bootstrap(
            is_wrong[asked].double(), people[one][asked], people[other][asked], seed
        ).as_dict()
        for name, (asked, is_wrong) in wrong.items()
    }
