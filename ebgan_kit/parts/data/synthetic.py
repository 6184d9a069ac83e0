"""Drawn faces, whose true edit is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.images.levels import from_bytes, to_bytes
from ebgan_kit.parts.data.cache.store import Kept, keep
from ebgan_kit.parts.data.drawing import (
    PLACE,
    MouthShape,
    Record,
    Traits,
    draw,
    hair_tone,
    to_picture,
)
from ebgan_kit.parts.data.partitions import PARTITIONS, Partition, partition_codes
from ebgan_kit.rng import Chance
from ebgan_kit.types import Faces

TRAITS: dict[str, dict[str, tuple[float, float]]] = {
    "place": PLACE,
    "scene": {
        "ground_first": (0, 1),
        "ground_second": (0, 1),
        "ground_x": (-1, 1),
        "ground_y": (-1, 1),
        "ground_edge": (0, 1),
        "light_x": (-1, 1),
        "light_y": (-1, 0.5),
        "light_strength": (0, 0.32),
        "light_warmth": (-1, 1),
        "cloth_tone": (0, 1),
        "collar": (0, 1),
    },
    "head": {
        "skin_tone": (0, 1),
        "face_width": (0.98, 1.12),
        "jaw_width": (0.70, 0.84),
        "chin": (1.86, 1.98),
        "mouth_height": (1.10, 1.16),
        "hair_tone": (0, 1),
        "hair_style": (0, 1),
        "hair_length": (0, 1),
        "hair_volume": (0.04, 0.22),
        "hair_curl": (0, 1),
        "hair_part": (-0.6, 0.6),
        "hairline": (-1.0, -0.75),
        "hat_brim": (0, 1),
        "hat_height": (0, 1),
        "hat_tone": (0, 1),
        "ribbon_tone": (0, 1),
    },
    "inside": {
        "blush": (0, 1),
    },
    "mouth": {
        "mouth_width": (0.36, 0.53),
        "smile": (0, 1),
        "opening": (0, 1),
        "teeth": (0.1, 0.7),
        "upper_lip": (0.055, 0.095),
        "lower_lip": (0.08, 0.13),
        "lip_tone": (0, 1),
        "lipstick_tone": (0, 1),
        "moustache_width": (0.36, 0.6),
        "moustache_thick": (0.06, 0.115),
        "moustache_droop": (-0.1, 0.26),
        "moustache_parted": (-1, 1),
        "goatee_width": (0.16, 0.42),
        "goatee_pointed": (-0.2, 0.7),
    },
    "eyes": {
        "eye_width": (0.25, 0.30),
        "eye_height": (0.12, 0.165),
        "eye_tilt": (-0.1, 0.2),
        "iris_tone": (0, 1),
        "iris_size": (0.10, 0.125),
        "gaze": (-0.06, 0.06),
        "lashes": (0, 1),
        "frame_width": (0.35, 0.41),
        "frame_round": (0, 1),
        "frame_thick": (0.02, 0.045),
        "frame_tone": (0, 1),
    },
    "brows": {
        "brow_height": (0.29, 0.36),
        "brow_width": (0.25, 0.32),
        "brow_thick": (0.028, 0.042),
        "brow_bend": (0, 1),
        "brow_tilt": (-0.04, 0.18),
    },
    "nose": {
        "nose_width": (0.13, 0.18),
        "nose_tip": (0.48, 0.56),
    },
}
"""Group of traits → trait → its lowest and highest value. Lengths are in distances between the
eyes, but for `centre_x`, `centre_y` and `scale`, in units of the picture."""

ATTRIBUTES: dict[str, tuple[str, float, float]] = {
    "Smiling": ("mouth", 0.5, 0.5),
    "Mouth_Slightly_Open": ("mouth", 0.45, 0.45),
    "Mustache": ("mouth", 0.48, 0.12),
    "Goatee": ("mouth", 0.40, 0.10),
    "Wearing_Lipstick": ("mouth", 0.12, 0.58),
    "Big_Lips": ("mouth", 0.25, 0.40),
    "Eyeglasses": ("eyes", 0.2, 0.2),
    "Bushy_Eyebrows": ("brows", 0.4, 0.25),
    "Arched_Eyebrows": ("brows", 0.25, 0.45),
    "Narrow_Eyes": ("eyes", 0.25, 0.25),
    "Bangs": ("head", 0.15, 0.35),
    "Wearing_Hat": ("head", 0.12, 0.12),
    "Big_Nose": ("nose", 0.35, 0.20),
    "Black_Hair": ("head", 0.3, 0.3),
    "Blond_Hair": ("head", 0.3, 0.3),  # of those whose hair is not black
    "Male": ("head", 0.5, 0.5),
}
"""Attribute → its group of traits, its rate where Male is on, and where Male is off."""

COMPONENTS = ("mouth", "eyes", "brows", "nose")
REGIONS = {
    **{name: (name,) for name in COMPONENTS},
    "components": COMPONENTS,
    "face": (*COMPONENTS, "inside"),
}
"""Region of a face → the groups of traits that show in it."""


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
        self._partitions = partition_codes(name for name in PARTITIONS if name in partitions)
        self.template = landmarks(_mean_record())[0]

    def __len__(self) -> int:
        return self.count * len(self._partitions)

    @property
    def partition(self) -> Tensor:
        """[N], uint8: which partition each face is in."""
        return self._partitions.repeat_interleave(self.count)

    def prepare(self, tell: Callable[[int, int], None]) -> None:
        """Draw every face, where `drawn` is "once"; `tell(done, total)` is told how far it is."""
        if self._drawn == "once" and self._kept is None:
            self._kept = keep(self, self.size, tell)

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
        return sample(Chance(self.seed, index % self.count + (partition << 40)))

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


GROUP: dict[str, str] = {name: group for group, traits in TRAITS.items() for name in traits}
GROUP |= {name: group for name, (group, _, _) in ATTRIBUTES.items()}
GROUP |= {"brow_tone": "brows", "beard_tone": "mouth"}
"""Trait or attribute → its group."""


def sample(chance: Chance) -> dict[str, Tensor]:
    """A record for each number of `chance`."""
    record: dict[str, Tensor] = {}
    for group, traits in TRAITS.items():
        columns = chance.uniform(group, len(traits)).unbind(dim=1)
        for (name, (low, high)), share in zip(traits.items(), columns, strict=True):
            record[name] = low + (high - low) * share
    record |= _sample_attributes(chance)
    return record | _sample_tones(chance, record)


def _sample_attributes(chance: Chance) -> dict[str, Tensor]:
    draws = dict(
        zip(ATTRIBUTES, chance.uniform("attributes", len(ATTRIBUTES)).unbind(1), strict=True)
    )
    male = draws["Male"] < 0.5
    flags = {n: draws[n] < torch.where(male, on, off) for n, (_, on, off) in ATTRIBUTES.items()}
    flags["Blond_Hair"] = flags["Blond_Hair"] & ~flags["Black_Hair"]
    return {name: flag.float() for name, flag in flags.items()}


def _sample_tones(chance: Chance, record: Record) -> dict[str, Tensor]:
    """Brows and beards near the hair's colour; one beard in four has a colour of its own."""
    hair, draws = hair_tone(record), chance.uniform("tones", 2)
    beard = torch.where(draws[:, 0] < 0.25, draws[:, 1], hair * (0.7 + 0.3 * draws[:, 1]))
    return {"brow_tone": hair * 0.85, "beard_tone": beard}


def _picture(record: Record, size: int) -> tuple[Tensor, Tensor]:
    """What `draw` gives, its colours rounded as a file would hold them."""
    image, parts = draw(record, size)
    return from_bytes(to_bytes(image)), parts


def landmarks(record: Record) -> Tensor:
    """[B, 5, 2] in units of the picture, by `faces.LANDMARKS`."""
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


def _mean_record() -> dict[str, Tensor]:
    middle = {
        n: (low + high) / 2 for traits in TRAITS.values() for n, (low, high) in traits.items()
    }
    middle |= {name: (on + off) / 2 for name, (_, on, off) in ATTRIBUTES.items()}
    return {name: torch.tensor([value]) for name, value in middle.items()}
