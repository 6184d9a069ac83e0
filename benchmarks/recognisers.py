"""How well the recogniser of the report tells people apart, on photographs of one's own.

    python -m benchmarks.recognisers FOLDER/portraits.csv

The table's columns are `file` (in `images/` beside it), `person`, and the five landmarks in pixels,
`left_eye_x left_eye_y … right_mouth_y`, left and right as seen in the picture. It prints how many
photographs have one of the same person nearest to them, of those that have another of their
person; the mean distances; and the errors of the threshold.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ebgan_kit.evaluation.metrics.dlib_recogniser import dlib_recogniser
from ebgan_kit.evaluation.metrics.identity import errors
from ebgan_kit.types import LANDMARKS, Faces


def main(table: Path) -> None:
    recogniser = dlib_recogniser()
    if recogniser is None:
        sys.exit("pip install 'ebgan-kit[identity]' brings the recogniser")
    with table.open(newline="") as text:
        rows = list(csv.DictReader(text))
    features = torch.cat([recogniser(_face(table.parent / "images", row)) for row in rows])
    names = sorted({row["person"] for row in rows})
    people = torch.tensor([names.index(row["person"]) for row in rows])
    print(f"{len(rows)} photographs of {len(names)} people, {recogniser.name}")
    _say(features, people, recogniser.threshold)


def _face(folder: Path, row: dict[str, str]) -> Faces:
    with Image.open(folder / row["file"]) as picture:
        levels = torch.from_numpy(np.array(picture.convert("RGB")))
    places = [[float(row[f"{name}_{axis}"]) for axis in "xy"] for name in LANDMARKS]
    image = levels.permute(2, 0, 1)[None] / 127.5 - 1
    return Faces(image, landmarks=torch.tensor([places]))


def _say(features: Tensor, people: Tensor, threshold: float) -> None:
    apart = torch.cdist(features, features).fill_diagonal_(torch.inf)
    is_same = (people == people[:, None]).fill_diagonal_(False)
    is_other = people != people[:, None]
    known = is_same.any(1)
    found = is_same[torch.arange(len(people)), apart.argmin(1)]
    print(f"rank-1: {int(found.sum())} of {int(known.sum())}")
    print(f"mean distance, one person: {apart[is_same].mean():.3f}")
    print(f"mean distance, two people: {apart[is_other].mean():.3f}")
    wrong = errors(features, people, threshold)
    for name, what in (
        ("same_above", f"one person, not below {threshold}"),
        ("different_below", f"two people, below {threshold}"),
    ):
        value, low, high = (wrong[name][end] for end in ("value", "low", "high"))
        print(f"{what}: {value:.4f} ({low:.4f}, {high:.4f})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
