"""Two pictures of one person: each face comes with another picture of whom it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.over import Over
from ebgan_kit.types import Faces

MOUTHS_ALIKE = 0.15
"""How far two mouths' shapes may be apart, in distances of the eyes, for one to stand for the
other."""


class Mated(Over):
    """Data whose faces come with their mates: other pictures of the same people.

    Drawn faces are drawn once more, in another place, pose and light. Of photographs the mate is
    the person's other one whose attributes and whose mouth's shape are nearest; a face without any
    that is near enough is its own mate.

    `differ`: attributes in which a face and its mate are to differ, in one of these or in as few as
    there are. Drawn faces have one switched, by chance.
    """

    def __init__(self, data: Any, differ: Sequence[str] = ()) -> None:
        super().__init__(data)
        if hasattr(data, "again"):
            self._others = data.again(differ)
        else:
            self._others = Rows(data, mates(data, differ))

    def prepare(self, tell: Callable[[int, int], None]) -> None:
        """Let both pictures of each person prepare themselves; `tell(done, total)` as they do."""
        self.require_memory()
        for done, data in enumerate((self._data, self._others)):
            prepare = getattr(data, "prepare", None)
            if prepare is not None:
                before = done * len(self)
                prepare(lambda at, total, before=before: tell(before + at, 2 * total))

    def require_memory(self) -> None:
        """Check that both pictures of each person fit into memory, where the data is kept there."""
        require = getattr(self._data, "require_memory", None)
        if require is not None:
            require(pictures=2)

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces and their mates."""
        faces = self._data.__getitems__(indices)
        return replace(faces, mate=self._others.__getitems__(indices))


class Rows:
    """Data in another order: row i of it is row `rows[i]` of the other data."""

    def __init__(self, data: Any, rows: Tensor) -> None:
        self._data, self._rows = data, rows

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        return self._data.__getitems__(self._rows[torch.as_tensor(indices)].tolist())


def mates(data: Any, differ: Sequence[str] = ()) -> Tensor:
    """The row of each face's mate, [N], int64; its own where it has none.

    `differ`: attributes in which the two are to differ. UsageError where the data does not say who
    its faces are.
    """
    known: Faces | None = getattr(data, "labels", None)
    if known is None or known.identity is None:
        raise UsageError(
            f'[pairing] use = "{"contrast" if differ else "person"}" needs faces whose people are '
            "known: a column `person` in the table of `portraits`, identity_CelebA.txt beside "
            "CelebA's, or drawn faces; "
            'use = "shuffle" does without'
        )
    named = [data.attributes.index(name) for name in differ]
    result = torch.arange(len(known.identity))
    for person in known.identity.unique().tolist():
        rows = (known.identity == person).nonzero()[:, 0]
        if len(rows) > 1:
            unlike = _contrast(known[rows], named) if named else _unlike(known[rows])
            nearest, mate = unlike.fill_diagonal_(torch.inf).min(1)
            result[rows] = torch.where(nearest.isfinite(), rows[mate], rows)
    return result


def _unlike(faces: Faces) -> Tensor:
    """[n, n]: how much the faces of one person differ; infinite where mouths have other shapes."""
    mouths = _mouths_apart(faces)
    unlike = _attributes_apart(faces) + mouths
    return torch.where(mouths > MOUTHS_ALIKE, torch.inf, unlike)


def _contrast(faces: Faces, named: Sequence[int]) -> Tensor:
    """[n, n]: how much the faces of one person differ, in the attributes of the columns `named`
    above all; infinite where in none of these. Mouths have whichever shape comes with them."""
    assert faces.attributes is not None
    unlike = _attributes_apart(faces) + _mouths_apart(faces)
    apart = _attributes_apart(replace(faces, attributes=faces.attributes[:, named]))
    return torch.where(apart > 0.5, unlike + 2 * faces.attributes.shape[1] * apart, torch.inf)


def _attributes_apart(faces: Faces) -> Tensor:
    """[n, n]: in how many attributes two faces differ; 0 where none are known."""
    if faces.attributes is None:
        return torch.zeros(len(faces), len(faces))
    labels = faces.attributes.float()
    return torch.cdist(labels, labels, p=1)


def _mouths_apart(faces: Faces) -> Tensor:
    """[n, n]: how far two mouths' shapes are apart, in distances of the eyes; 0 where unknown."""
    if faces.landmarks is None:
        return torch.zeros(len(faces), len(faces))
    shape = mouth_shape(faces.landmarks)
    return torch.cdist(shape, shape)


def mouth_shape(landmarks: Tensor) -> Tensor:
    """[N, 2]: the mouth's width, and its depth below the nose, in distances of the eyes."""
    left, right, nose, left_mouth, right_mouth = landmarks.float().unbind(1)
    eyes = (right - left).norm(dim=1)
    width = (right_mouth - left_mouth).norm(dim=1)
    depth = ((left_mouth + right_mouth) / 2 - nose).norm(dim=1)
    return torch.stack([width / eyes, depth / eyes], dim=1)
