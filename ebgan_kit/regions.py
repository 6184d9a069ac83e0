"""The named regions of a face, and the attributes that each can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

Name = Literal["mouth", "eyes", "brows", "nose", "components", "face"]

NAMES: tuple[str, ...] = get_args(Name)
COMPONENTS = ("eyes", "brows", "nose", "mouth")

WHOLE = "whole"
"""The region that is all of what the model sees."""

REGIONS = (*NAMES, WHOLE)
"""The regions that an edit can name."""

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


def hidden_attributes(attributes: Sequence[str], regions: Sequence[str]) -> list[str]:
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
