"""Which attributes a region can show."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ebgan_kit.faces import Faces
from ebgan_kit.masks.region import COMPONENTS, area

ATTRIBUTES = {
    "mouth": ("Smiling", "Mouth_Slightly_Open", "Mustache", "Goatee", "Wearing_Lipstick",
              "Big_Lips"),
    "eyes": ("Eyeglasses", "Narrow_Eyes", "Bags_Under_Eyes"),
    "brows": ("Bushy_Eyebrows", "Arched_Eyebrows"),
    "nose": ("Big_Nose", "Pointy_Nose"),
    "face": ("5_o_Clock_Shadow", "No_Beard", "Heavy_Makeup", "Rosy_Cheeks", "High_Cheekbones",
             "Pale_Skin", "Young", "Attractive", "Male"),
    "whole": ("Bald", "Bangs", "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Chubby",
              "Double_Chin", "Gray_Hair", "Oval_Face", "Receding_Hairline", "Sideburns",
              "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Necklace",
              "Wearing_Necktie"),
}  # fmt: skip
"""Region → CelebA's attributes that show in it, and in no smaller one; `whole` is the image. An
attribute of another name is taken to show wherever its owner says."""

HOME = {name: region for region, names in ATTRIBUTES.items() for name in names}
"""Attribute → its region."""


def beyond(attributes: Sequence[str], regions: Sequence[str]) -> list[str]:
    """What keeps a named region from showing some attribute, a sentence each."""
    covered = {inner for region in regions for inner in _covers(region)}
    return [
        f"{name} does not show in the region {', '.join(regions)}: it takes {HOME[name]}"
        for name in attributes
        if name in HOME and HOME[name] not in covered
    ]


def _covers(region: str) -> tuple[str, ...]:
    if region == "components":
        return COMPONENTS
    return (*COMPONENTS, "face") if region == "face" else (region,)


def reach(faces: Faces, attributes: Sequence[str]) -> Tensor:
    """[B, n] in {0, 1}: whether each face's own region covers more than half of where an attribute
    shows."""
    covered = {
        home: _share(faces, home) > 0.5
        for home in dict.fromkeys(HOME[n] for n in attributes if n in HOME)
    }
    everywhere = torch.ones_like(faces.image[:, 0, 0, 0], dtype=torch.bool)
    columns = [covered[HOME[n]] if n in HOME else everywhere for n in attributes]
    return torch.stack(columns, dim=1).float()


def _share(faces: Faces, home: str) -> Tensor:
    """[B]: how much of a named area the faces' own regions cover."""
    assert faces.region is not None
    where = torch.ones_like(faces.region) if home == "whole" else area(faces, (home,))
    return (where * faces.region).sum((1, 2, 3)) / where.sum((1, 2, 3)).clamp(min=1)
