"""Drawn faces, whose true edit is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.parts.data.cache.memory import require_memory
from ebgan_kit.parts.data.cache.store import Kept, keep, size_in_memory
from ebgan_kit.parts.data.partitions import PARTITIONS, Partition, partition_codes
from ebgan_kit.parts.data.synthetic.canvas import to_picture
from ebgan_kit.parts.data.synthetic.mouth import MouthShape
from ebgan_kit.parts.data.synthetic.portrait import draw
from ebgan_kit.parts.data.synthetic.record import (
    ATTRIBUTES,
    GROUP,
    REGIONS,
    TRAITS,
    Record,
    Traits,
    mean_record,
    sample,
    switched,
)
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces


class Synthetic:
    """Drawn faces: nothing to download, and the true edit of every pair is known.

    A face is a record of traits, a pure function of (seed, partition, number), drawn in 8 bits a
    channel. See `truth` for what each region holds.

    Keys: `size` is the height and width of the pictures in pixels; `count` is how many faces each
    partition has; `seed` chooses the people; `partitions` are the ones to show, in the order train,
    valid, test; `drawn`: a run draws all faces `once`, before its first step, and keeps them in
    memory, four bytes a pixel, or draws each `anew` when it is asked for.
    """

    attributes: tuple[str, ...] = tuple(ATTRIBUTES)
    """Names of the attributes, in the order of the columns."""
    regions: tuple[str, ...] = tuple(REGIONS)
    """Names that `truth` understands."""

    def __init__(
        self,
        *,
        size: Annotated[int, Ge(16), Le(1024)] = 64,
        count: Annotated[int, Ge(1)] = 20_000,
        seed: int = 0,
        partitions: tuple[Partition, ...] = ("train",),
        drawn: Literal["once", "anew"] = "once",
    ) -> None:
        self.size = size
        self.count = count
        self.seed = seed
        self._drawn = drawn
        self._kept: Kept | None = None
        self._pose = "first"
        self._differ: tuple[str, ...] = ()
        self._partitions = partition_codes(name for name in PARTITIONS if name in partitions)
        self.template = landmarks(mean_record())[0]

    def __len__(self) -> int:
        return self.count * len(self._partitions)

    @property
    def partition(self) -> Tensor:
        """[N], uint8: which partition each face is in."""
        return self._partitions.repeat_interleave(self.count)

    def prepare(self, tell: Callable[[int, int], None]) -> None:
        """Draw every face, where `drawn` is "once"; `tell(done, total)` is told how far it is."""
        if self._drawn == "once" and self._kept is None:
            self.require_memory()
            self._kept = keep(self, self.size, tell)

    def require_memory(self, pictures: int = 1) -> None:
        """Check that `prepare` has the memory that it takes; UsageError if not.

        `pictures`: how many of each person are kept, in this data and others like it.
        """
        if self._drawn == "once" and self._kept is None:
            require_memory(
                pictures * size_in_memory(self),
                of=f"{pictures * len(self):,} faces of {self.size} pixels, drawn once and kept,",
                way_out="set data.drawn=anew, or a smaller data.count or data.size",
            )

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """The faces at `indices` as one batch, with attributes, landmarks, parts and index."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        if self._kept is not None:
            return self._kept.faces(index, index)
        record = self.record(index)
        image, parts = _picture(record, self.size)
        attributes = torch.stack([record[name] for name in self.attributes], dim=1)
        points = landmarks(record) * self.size
        return Faces(image, attributes=attributes, landmarks=points, parts=parts, index=index)

    def record(self, index: Tensor) -> dict[str, Tensor]:
        """Traits and attributes by name, each [B], of the faces at `index` [B]."""
        partition = self._partitions.to(index.device)[index // self.count].long()
        chance = Chance(self.seed, index % self.count + (partition << 40))
        record = sample(chance)
        if self._pose != "first":
            again = sample(chance.stream(self._pose))
            record |= {name: again[name] for group in ("place", "scene") for name in TRAITS[group]}
        return switched(record, self._differ, chance) if self._differ else record

    def again(self, differ: Sequence[str] = ()) -> Synthetic:
        """The same people once more, each in another place, pose and light.

        `differ`: attributes, of which each person has one otherwise than before.
        """
        other = copy(self)
        other._kept, other._pose, other._differ = None, "again", tuple(differ)
        return other

    def truth(
        self,
        source: Faces,
        exemplar: Faces,
        regions: Sequence[str],
        without: Sequence[str] = (),
    ) -> Tensor:
        """[B, 3, H, W] in [-1, 1]: the edit as it should be.

        The source's face with the exemplar's traits in `regions`; attributes named in `without`
        are left out. `mouth` is the lips, their opening, teeth, lipstick, moustache and goatee in
        their own colours; `eyes` includes glasses; `components` is mouth, eyes, brows and nose;
        `face` adds what shows on the cheeks. Place, light, skin, head and hair stay the source's.
        """
        theirs = {group for region in regions for group in REGIONS[region]}
        record, other = (self.record(_rows(faces)) for faces in (source, exemplar))
        record |= {name: other[name] for name in record if GROUP[name] in theirs}
        record |= {name: torch.zeros_like(record[name]) for name in without}
        return _picture(record, self.size)[0]


def _picture(record: Record, size: int) -> tuple[Tensor, Tensor]:
    """What `draw` gives, its colours rounded as a file would hold them."""
    image, parts = draw(record, size)
    return from_bytes(to_bytes(image)), parts


def landmarks(record: Record) -> Tensor:
    """[B, 5, 2] in units of the picture, by `types.LANDMARKS`."""
    face = Traits(record)
    mouth = MouthShape.of(face)
    corner = face.mouth_height - mouth.rise()
    points: list[tuple[Tensor | float, Tensor | float]] = [
        (-0.5, 0.0),
        (0.5, 0.0),
        (0.0, face.nose_tip),
        (-mouth.width, corner),
        (mouth.width, corner),
    ]
    return torch.stack([to_picture(face, x, y) for x, y in points], dim=1)


def _rows(faces: Faces) -> Tensor:
    if faces.index is None:
        raise ValueError("these faces were not drawn: nobody knows their true edit")
    return faces.index
