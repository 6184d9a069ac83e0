"""Faces in a folder of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor

from ebgan_kit.images.listing import list_photographs
from ebgan_kit.images.photographs import read_photographs
from ebgan_kit.parts.data.annotations import check_images, compare, require_faces
from ebgan_kit.parts.data.celeba import aligned_template
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.partitions import Partition, partition_codes, partition_of
from ebgan_kit.parts.data.tables import check_names, find_table, read_csv, read_flags
from ebgan_kit.types import Faces


class Folder:
    """Any images in a folder and the folders inside it.

    Linked folders are read; hidden files and folders are passed over. The square in the middle of
    each image is used. Faces are assumed to lie in it as CelebA's do in theirs (eyes at half its
    height, on the middle line of the picture), and share its mean landmarks. Eight of ten images
    are for training, one is for validation and one for testing, as a hash of the file name decides:
    an image stays in its partition when others come or go.

    root: the folder; its images are taken in the order of their names.
    size: height and width of the faces in pixels.
    partitions: which of the parts to use.
    table: a CSV file of attributes, in the folder or elsewhere. Its first line names the columns:
        first the image's file, as seen from the folder, then attributes. Values are 1, 0 or -1.
        Commas, semicolons or tabs set columns apart.
    skip_broken: go on without rows and images that cannot be used.

    Raises UsageError that names every broken row and image by file and line.
    """

    def __init__(
        self,
        *,
        root: Path,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        partitions: tuple[Partition, ...] = ("train", "valid"),
        table: Path | None = None,
        skip_broken: bool = False,
    ) -> None:
        self.size, self._root = size, Path(root)
        self.template = aligned_template()
        faults = Faults(self._root)
        listing = list_photographs(self._root, inside=True)
        images = set(listing.photographs)
        elsewhere = {face for face in images if partition_of(face) not in partitions}
        labels = None
        if table and (path := find_table(faults, Path(table))):
            listing.take(path)
            labels = read_csv(faults, path, images)
        if labels:
            check_names(faults, labels.head, labels.columns)
        listing.warn()
        compare(faults, images, (labels,))
        attributes = read_flags(labels, faults) if labels else None
        check_images(faults, images - elsewhere - faults.broken)
        self.skipped = faults.settle(skip_broken, elsewhere)

        faces = sorted(images - elsewhere - faults.broken)
        self._faces = require_faces(faces, self._root, partitions)
        self.partition = partition_codes(map(partition_of, faces))
        self.attributes = labels.columns if labels else ()
        self._attributes: Tensor | None = None
        if attributes is not None:
            self._attributes = torch.tensor([attributes[face] for face in faces])

    def __len__(self) -> int:
        return len(self._faces)

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: images, mean landmarks, rows, and attributes where there is a table."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        paths = [self._root / self._faces[row] for row in index.tolist()]
        return Faces(
            image=read_photographs(paths, self.size),
            attributes=None if self._attributes is None else self._attributes[index].float(),
            landmarks=(self.template * self.size).repeat(len(index), 1, 1),
            index=index,
        )
