"""Portraits with a table of persons, landmarks and attributes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.aligned import read_aligned
from ebgan_kit.images.crop import Eyes
from ebgan_kit.images.listing import Listing, list_photographs
from ebgan_kit.images.orientation import upright_size
from ebgan_kit.images.photographs import decoding
from ebgan_kit.parts.data.annotations import check_images, compare, require_faces
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.partitions import Partition, partition_codes, partition_of
from ebgan_kit.parts.data.portraits.frame import align, eye_places, left_first
from ebgan_kit.parts.data.portraits.table import (
    Landmarks,
    read_attributes,
    read_landmarks,
    read_people,
    read_table,
)
from ebgan_kit.parts.data.tables import Table, check_names
from ebgan_kit.types import Faces


class Portraits:
    """Photographs with a table of persons, landmarks and attributes, aligned by their eyes.

    The table is a CSV file. Its first column names a photograph, as seen from the folder or from
    `images/` in it. The landmarks stand in the columns `left_eye_x`, `left_eye_y`, and so on for
    `right_eye`, `nose`, `left_mouth` and `right_mouth`, in pixels of the upright photograph;
    `ebgan-kit landmarks FOLDER` finds them. Columns with 1, 0 or -1 are attributes, and so is each
    word in a column `expression`: `smiling` is `Smiling`. Of ten people in the column `person`,
    eight are for training, one is for validation and one for testing, as a hash of the name
    decides. All photographs of a person are in one partition. Without that column, each photograph
    is its own person.

    root: the folder; photographs in the folders inside it are found as well.
    table: the table, in the folder or elsewhere; the only one in the folder if not given.
    size: height and width of the faces in pixels.
    eyes: how far the eyes are apart, as a share of the side. 0.206 is CelebA's frame, with hair
        and neck; 0.28 is close, from above the brows to below the chin.
    min_eye_distance: photographs whose eyes are fewer pixels apart are left out, as too small for
        `size`.
    partitions: which of the parts to use.
    skip_broken: go on without rows and photographs that cannot be used.

    Photographs without a row are passed over, with a warning that counts them. Raises UsageError
    that names every broken row and photograph by file and line.
    """

    def __init__(
        self,
        *,
        root: Path,
        table: Path | None = None,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        eyes: Annotated[float, Ge(0.1), Le(0.33)] = 0.206,
        min_eye_distance: Annotated[float, Ge(0)] = 0.0,
        partitions: tuple[Partition, ...] = ("train", "valid"),
        skip_broken: bool = False,
    ) -> None:
        self.size, self._root = size, Path(root)
        faults = Faults(self._root)
        listing = list_photographs(self._root, inside=True)
        rows = read_table(faults, table, listing.photographs)
        _warn_of_others(listing, rows)
        images = rows.lines.keys() & set(listing.photographs)
        compare(faults, images, (rows,))
        check_names(faults, rows.head, rows.columns)

        people = read_people(rows)
        elsewhere = {face for face in rows.lines if partition_of(people[face]) not in partitions}
        self.attributes, flags = read_attributes(rows, faults)
        found = read_landmarks(rows, faults)
        asked = found.keys() - elsewhere
        small = {face for face in asked if _eye_distance(found[face]) < min_eye_distance}
        elsewhere |= small
        here = images - elsewhere
        check_images(faults, here - faults.broken)
        _check_places(faults, rows, {f: found[f] for f in sorted(here - faults.broken)})
        self.skipped = faults.settle(skip_broken, elsewhere)

        faces = sorted(here - faults.broken)
        if small and not faces:
            most = max(_eye_distance(found[face]) for face in small)
            raise UsageError(
                f"{root}: no photograph has eyes {min_eye_distance:g} pixels apart, {most:.0f} at "
                "most: lower data.min_eye_distance, and data.size with it"
            )
        self._faces = require_faces(faces, self._root, partitions)
        self.partition = partition_codes(partition_of(people[face]) for face in faces)
        self._attributes: Tensor | None = None
        if self.attributes:
            self._attributes = torch.tensor([flags[face] for face in faces])
        self._identity: Tensor | None = None
        if "person" in rows.columns:
            self._identity = torch.tensor([_number(people[face]) for face in faces])
        self._places = eye_places(eyes)
        self.template = align(_points(found.values()), self._places).mean(0).clamp(0, 1)
        points = _points(found[face] for face in faces)
        self._landmarks = align(points, self._places)
        self._eyes = [_eyes(each) for each in points.tolist()]

    def __len__(self) -> int:
        return len(self._faces)

    @property
    def labels(self) -> Faces:
        """What is known of all faces without their photographs; the image is empty."""
        return Faces(
            torch.empty(len(self), 0),
            attributes=self._attributes,
            landmarks=self._landmarks,
            identity=self._identity,
        )

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: images, landmarks, rows, attributes, and identities if known."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        rows = index.tolist()
        paths = [self._root / self._faces[row] for row in rows]
        eyes = [self._eyes[row] for row in rows]
        return Faces(
            image=read_aligned(paths, eyes, self._places, self.size),
            attributes=None if self._attributes is None else self._attributes[index].float(),
            landmarks=self._landmarks[index] * self.size,
            identity=None if self._identity is None else self._identity[index],
            index=index,
        )


def _warn_of_others(listing: Listing, rows: Table) -> None:
    """Warn of files that are passed over; photographs without a row are."""
    listing.take(listing.folder / rows.file)
    unnamed = [name for name in listing.photographs if name not in rows.lines]
    listing.passed_over.update(dict.fromkeys(unnamed, f"without a row in {rows.file}"))
    listing.warn()


def _check_places(faults: Faults, rows: Table, found: Mapping[str, Landmarks]) -> None:
    """Find landmarks that are outside their photograph."""
    for face, landmarks in found.items():
        outside = _outside(faults.root / face, landmarks)
        if outside:
            faults.add(f"{rows.file}:{rows.lines[face]}", outside, face)


def _outside(path: Path, landmarks: Landmarks) -> str | None:
    """Why landmarks do not fit a photograph; it is decoded if they may not fit it once turned."""
    try:
        with decoding(path) as image:
            width = height = min(image.size)
            if not all(_within(point, width, height) for point in landmarks):
                width, height = upright_size(image)
    except UsageError as problem:
        return str(problem)
    beyond = [point for point in landmarks if not _within(point, width, height)]
    if not beyond:
        return None
    x, y = beyond[0].real, beyond[0].imag
    return f"the landmark {x:g},{y:g} is outside the photograph of {width}x{height} pixels"


def _eye_distance(landmarks: Landmarks) -> float:
    """How far the eyes are apart, in pixels of the photograph."""
    left, right, *_ = landmarks
    return abs(right - left)


def _within(point: complex, width: int, height: int) -> bool:
    return 0 <= point.real <= width and 0 <= point.imag <= height


def _number(person: str) -> int:
    """A person's number, which is the same in any table; two people share one by no chance."""
    return int.from_bytes(blake2b(os.fsencode(person), digest_size=7).digest())


def _points(found: Iterable[Landmarks]) -> Tensor:
    """[N, 5], complex: all landmarks, with left as seen in the upright face."""
    return left_first(torch.tensor(list(found), dtype=torch.complex128))


def _eyes(landmarks: Sequence[complex]) -> Eyes:
    """Both eyes, then the mouth's middle."""
    left, right, _, *mouth = landmarks
    middle = (mouth[0] + mouth[1]) / 2
    return left.real, left.imag, right.real, right.imag, middle.real, middle.imag
