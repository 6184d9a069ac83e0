"""Where CelebA's files lie: as the authors, torchvision and Kaggle lay the data set out."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from ebgan_kit.images.listing import Listing, list_photographs
from ebgan_kit.parts.data.faults import Faults

_IMAGES = "img_align_celeba"
_ARCHIVE = "img_align_celeba.zip"  # as it is fetched

_HOMES = ("", "celeba/", "CelebA/")  # torchvision's root holds a folder of the data set
_ROOMS = ("", "Anno/", "Eval/", "Img/")  # the authors' folders


def home_of(root: Path) -> str:
    """The data set's folder below the root, "" or one with a slash after its name."""
    for name, home, room in product((_IMAGES, _ARCHIVE), _HOMES, _ROOMS):
        if (root / home / room / name).exists():
            return home
    return ""


def list_file(root: Path, name: str) -> str:
    """A list's path below the root: of the first that is there, a text before Kaggle's CSV."""
    home = home_of(root)
    places = [home + room + name for room in _ROOMS]
    found = [p for p in (*places, *(_as_csv(p) for p in places)) if (root / p).is_file()]
    return found[0] if found else name


def _as_csv(place: str) -> str:
    return place.removesuffix(".txt") + ".csv"


def list_images(faults: Faults) -> tuple[str, Listing | None]:
    """The folder of images below the root, and its photographs; None where it is missing."""
    home = home_of(faults.root)
    for room in _ROOMS:
        folder = f"{home}{room}{_IMAGES}"
        if not (faults.root / folder).is_dir():
            continue
        listing = list_photographs(faults.root / folder)
        within = f"{folder}/{_IMAGES}"  # as Kaggle has it
        if not listing.photographs and (faults.root / within).is_dir():
            return within, list_photographs(faults.root / within)
        return folder, listing
    packed = list_file(faults.root, _ARCHIVE)
    unzip = f"; unzip {packed} first" if (faults.root / packed).is_file() else ""
    faults.add(f"{_IMAGES}/", f"there is no such folder{unzip}")
    return _IMAGES, None
