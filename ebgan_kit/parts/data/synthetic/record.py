"""A face as a record of traits: which there are, where they may lie, and how they are sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ebgan_kit.parts.data.synthetic.colours import SKIN, Colour, palette
from ebgan_kit.rng import Chance

Record = Mapping[str, Tensor]
"""Traits and attributes of B faces by name, each [B]."""

POSE = {
    "centre_x": (0.46, 0.54),  # between the eyes, in units of the picture
    "centre_y": (0.40, 0.44),
    "scale": (0.225, 0.265),  # the distance between the eyes, in units of the picture
    "roll": (-0.1, 0.1),  # tangent of half the angle: 11 degrees to both sides
}
"""Where a head may be: trait → its lowest and highest value."""

TRAITS: dict[str, dict[str, tuple[float, float]]] = {
    "place": POSE,
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

GROUP: dict[str, str] = {name: group for group, traits in TRAITS.items() for name in traits}
GROUP |= {name: group for name, (group, _, _) in ATTRIBUTES.items()}
GROUP |= {"brow_tone": "brows", "beard_tone": "mouth"}
"""Trait or attribute → its group."""


class Traits:
    """A record whose traits are read as attributes, each [B, 1, 1], ready to meet a plane."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def __getattr__(self, name: str) -> Tensor:
        return self.record[name][:, None, None]

    def colour(self, stops: Sequence[Colour], name: str) -> Tensor:
        """[3, B, 1, 1]: the trait as a place along a row of colours."""
        return palette(stops, self.record[name])

    @property
    def skin(self) -> Tensor:
        """[3, B, 1, 1]: the colour of the skin."""
        return self.colour(SKIN, "skin_tone")


def hair_tone(record: Record) -> Tensor:
    """[B]: place along `HAIR`; black and blond hair have a stretch each, the rest lies between."""
    tone = record["hair_tone"]
    other = torch.where(record["Blond_Hair"] > 0.5, 0.84 + 0.16 * tone, 0.26 + 0.38 * tone)
    return torch.where(record["Black_Hair"] > 0.5, 0.1 * tone, other)


def sample(chance: Chance) -> dict[str, Tensor]:
    """Sample a record for each number of `chance`."""
    record: dict[str, Tensor] = {}
    for group, traits in TRAITS.items():
        columns = chance.uniform(group, len(traits)).unbind(dim=1)
        for (name, (low, high)), share in zip(traits.items(), columns, strict=True):
            record[name] = low + (high - low) * share
    record |= _sample_attributes(chance)
    return record | _sample_tones(chance, record)


def switched(record: Record, names: Sequence[str], chance: Chance) -> dict[str, Tensor]:
    """Switch one of the named attributes of each record, by chance: on where it was off, or off."""
    chosen = (chance.uniform("switched", 1)[:, 0] * len(names)).long()
    other = dict(record)
    for place, name in enumerate(names):
        other[name] = torch.where(chosen == place, 1 - record[name], record[name])
    both = other["Black_Hair"] * other["Blond_Hair"]  # never: the one that was on gives way
    for name in ("Black_Hair", "Blond_Hair"):
        other[name] = other[name] - both * record[name]
    return other


def _sample_attributes(chance: Chance) -> dict[str, Tensor]:
    draws = dict(
        zip(ATTRIBUTES, chance.uniform("attributes", len(ATTRIBUTES)).unbind(1), strict=True)
    )
    male = draws["Male"] < 0.5
    flags = {n: draws[n] < torch.where(male, on, off) for n, (_, on, off) in ATTRIBUTES.items()}
    flags["Blond_Hair"] = flags["Blond_Hair"] & ~flags["Black_Hair"]
    return {name: flag.float() for name, flag in flags.items()}


def _sample_tones(chance: Chance, record: Record) -> dict[str, Tensor]:
    """Sample brows and beards near the hair's colour; one beard in four has a colour of its own."""
    hair, draws = hair_tone(record), chance.uniform("tones", 2)
    beard = torch.where(draws[:, 0] < 0.25, draws[:, 1], hair * (0.7 + 0.3 * draws[:, 1]))
    return {"brow_tone": hair * 0.85, "beard_tone": beard}


def mean_record() -> dict[str, Tensor]:
    """Build the record of one face that has the middle of every trait."""
    middle = {
        n: (low + high) / 2 for traits in TRAITS.values() for n, (low, high) in traits.items()
    }
    middle |= {name: (on + off) / 2 for name, (_, on, off) in ATTRIBUTES.items()}
    return {name: torch.tensor([value]) for name, value in middle.items()}
