"""CelebAMask-HQ in its official layout."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Ge, Le
from PIL import Image
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import pixels
from ebgan_kit.images.listing import Listing, list_photographs
from ebgan_kit.images.photographs import centre_square, has_both_ends, read_photographs
from ebgan_kit.parts.data.annotations import check_images, compare, require_faces
from ebgan_kit.parts.data.celeba import ATTRIBUTES
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.partitions import Partition, partition_codes
from ebgan_kit.parts.data.tables import Table, check_names, read_flags, read_list
from ebgan_kit.types import PARTS, Faces

# Where masks overlap, the later part shows. Eyes are seen through glasses; hair falls over the
# face; what is worn over hair, neck and clothes comes last.
_DRAWN = (
    "skin", "neck", "cloth", "l_ear", "r_ear", "nose", "eye_g", "l_eye", "r_eye", "l_brow",
    "r_brow", "mouth", "u_lip", "l_lip", "hair", "ear_r", "neck_l", "hat",
)  # fmt: skip

# Means of `measure_landmarks` over 485 of 500 faces of the data set (those that show all five), in
# units of the image.
_TEMPLATE = ((0.380, 0.478), (0.621, 0.479), (0.500, 0.625), (0.390, 0.730), (0.612, 0.730))

_IMAGES = "CelebA-HQ-img"
_MASKS = "CelebAMask-HQ-mask-anno"
_MASK_NAME = re.compile(r"(\d+)_(.+)\.png")

Masks = dict[str, dict[str, str]]  # face → part → path of its mask


class CelebaMaskHq:
    """CelebAMask-HQ's faces with their part labels.

    The folder is laid out as it comes: `CelebA-HQ-img/N.jpg`, `CelebAMask-HQ-mask-anno/*/
    NNNNN_PART.png`, and where they are there `CelebAMask-HQ-attribute-anno.txt` and
    `CelebA-HQ-to-CelebA-mapping.txt`. With the last, faces are in the partition that CelebA has
    them in; without it, of any ten images in a row the ninth (N ends in 8) is for validation, the
    tenth (N ends in 9) for testing. Landmarks are measured from the part labels; a face that lacks
    an eye, the nose or the mouth has the mean landmarks.

    root: the folder of the data set.
    size: height and width of the faces in pixels.
    partitions: which parts of the split to use.
    skip_broken: go on without rows, masks and images that cannot be used.

    Raises UsageError that names every broken row, mask and image by file and line.
    """

    def __init__(
        self,
        *,
        root: Path,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        partitions: tuple[Partition, ...] = ("train", "valid"),
        skip_broken: bool = False,
    ) -> None:
        self.size = size
        self.template = torch.tensor(_TEMPLATE)
        self._folder = Path(root) / _IMAGES
        faults = Faults(Path(root))
        listing = _list(faults, _IMAGES)
        images = None
        if listing:
            images = set(listing.photographs)
            listing.warn()
        masks = _list_masks(faults)
        labels = _attributes(faults)
        mapping = _mapping(faults)
        compare(faults, images, (labels, mapping), f"{_IMAGES}/")
        _compare_masks(faults, images, masks)

        attributes = read_flags(labels, faults) if labels else None
        partition = {face: _partition_by_number(face) for face in masks}
        if mapping:
            partition = mapping.read(_partition_in_celeba, faults)
        elsewhere = {face for face, part in partition.items() if part not in partitions}
        check_images(faults, (images or set()) - elsewhere - faults.broken, f"{_IMAGES}/")
        _check_masks(faults, masks, masks.keys() - elsewhere - faults.broken)
        self.skipped = faults.settle(skip_broken, elsewhere)

        faces = sorted(masks.keys() - elsewhere - faults.broken, key=_number)
        self._faces = require_faces(faces, Path(root), partitions)
        self._masks = [masks[face] for face in faces]
        self.partition = partition_codes(partition[face] for face in faces)
        self.attributes = labels.columns if labels else ()
        self._attributes: Tensor | None = None
        if attributes is not None:
            self._attributes = torch.tensor([attributes[face] for face in faces])

    def __len__(self) -> int:
        return len(self._faces)

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: images, part labels, landmarks, rows, and attributes if known."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        rows = index.tolist()
        labels = [read_parts(self._masks[row]) for row in rows]
        landmarks = [measure_landmarks(parts) for parts in labels]
        known = [self.template if marks is None else marks for marks in landmarks]
        return Faces(
            image=read_photographs([self._folder / self._faces[row] for row in rows], self.size),
            attributes=None if self._attributes is None else self._attributes[index].float(),
            landmarks=torch.stack(known) * self.size,
            parts=torch.stack([_resize_labels(parts, self.size) for parts in labels]),
            index=index,
        )


def read_parts(masks: dict[str, str]) -> Tensor:
    """Merge mask files, by their part, into one map of labels: [H, W], uint8 indices into PARTS.

    Raises UsageError for a mask that does not decode or differs in size from the others.
    """
    labels: Tensor | None = None
    for part in sorted(masks, key=_DRAWN.index):
        mask = _read_mask(masks[part])
        labels = torch.zeros_like(mask, dtype=torch.uint8) if labels is None else labels
        if mask.shape != labels.shape:
            raise UsageError(f"{masks[part]} differs in size from the other masks of its face")
        labels.masked_fill_(mask, PARTS.index(part))
    if labels is None:
        raise ValueError("a face needs at least one mask")
    return labels


def _read_mask(path: str) -> Tensor:
    """[S, S], bool: the centre square of a mask, True where the part is."""
    try:
        with Image.open(path) as image:
            return pixels(image.convert("L").crop(centre_square(*image.size))) > 127
    except Exception as wrong:  # Pillow's readers raise almost anything on a damaged file
        raise UsageError(f"{path} does not decode: {wrong}") from wrong


def _resize_labels(labels: Tensor, size: int) -> Tensor:
    """[size, size]: each pixel takes the label at its middle."""
    middles = ((torch.arange(size) + 0.5) * (len(labels) / size)).long()
    return labels[middles][:, middles]


def measure_landmarks(parts: Tensor) -> Tensor | None:
    """[5, 2] landmarks of a square map of part labels, in units of the image.

    None where one of them is hidden. An eye is its part's centroid. The tip of the nose is the
    centroid of its lower two fifths, where CelebA's landmark lies. The corners of the mouth are its
    outermost points. `l_eye` is the person's left eye, so the right one in the picture.
    """
    left_eye, right_eye = _points(parts, "r_eye"), _points(parts, "l_eye")
    nose, mouth = _points(parts, "nose"), _points(parts, "mouth", "u_lip", "l_lip")
    if not all(map(len, (left_eye, right_eye, nose, mouth))):
        return None
    top, bottom = nose[:, 1].aminmax()
    tip = nose[nose[:, 1] >= bottom - 0.4 * (bottom - top)]
    left, right = mouth[:, 0].aminmax()
    corners = (mouth[mouth[:, 0] == left].mean(0), mouth[mouth[:, 0] == right].mean(0))
    means = (left_eye.mean(0), right_eye.mean(0), tip.mean(0), *corners)
    return torch.stack(means) / len(parts)


def _points(parts: Tensor, *names: str) -> Tensor:
    """[n, 2]: x and y of the middles of all pixels that carry one of the labels."""
    found = torch.zeros_like(parts, dtype=torch.bool)
    for name in names:
        found |= parts == PARTS.index(name)
    return found.nonzero().flip(1) + 0.5


def _list(faults: Faults, folder: str, inside: bool = False) -> Listing | None:
    """The pictures in a folder below the root; None where it is missing."""
    if not (faults.root / folder).is_dir():
        faults.add(f"{folder}/", "there is no such folder")
        return None
    return list_photographs(faults.root / folder, inside)


def _list_masks(faults: Faults) -> Masks:
    """Every face's masks."""
    masks: Masks = {}
    listing = _list(faults, _MASKS, inside=True)
    if listing is None:
        return masks
    for path in listing.photographs:
        found = _MASK_NAME.fullmatch(os.path.basename(path))
        if found:
            face, part = f"{int(found[1])}.jpg", found[2]
            masks.setdefault(face, {})[part] = os.path.join(listing.folder, path)
        else:
            listing.passed_over[path] = "not named NNNNN_PART.png"
    listing.warn()
    return masks


def _compare_masks(faults: Faults, images: set[str] | None, masks: Masks) -> None:
    """Find faces without masks, masks without a face, and parts that nobody knows."""
    for face in sorted((images or set()) - masks.keys()) if masks else ():
        faults.add(f"{_IMAGES}/{face}", f"it has no mask in {_MASKS}/", face)
    for face, parts in masks.items():
        where = _below(faults, next(iter(parts.values())))
        if images is not None and face not in images:
            faults.add(where, f"there is no image {_IMAGES}/{face}", face)
        for part in parts.keys() - set(_DRAWN):
            faults.add(_below(faults, parts[part]), f"no part is called {part!r}", face)


def _check_masks(faults: Faults, masks: Masks, faces: set[str]) -> None:
    """Find masks that are empty, cut off, or no PNG; opening them all would take too long."""
    for face in sorted(faces, key=_number):
        for path in masks[face].values():
            if not has_both_ends(path):
                faults.add(_below(faults, path), "it is empty, cut off or no PNG", face)


def _below(faults: Faults, path: str) -> str:
    return Path(path).relative_to(faults.root).as_posix()


def _attributes(faults: Faults) -> Table | None:
    table = read_list(faults, "CelebAMask-HQ-attribute-anno.txt", header=2, optional=True)
    if table:
        check_names(faults, table.head, table.columns, known=ATTRIBUTES)
    return table


def _mapping(faults: Faults) -> Table | None:
    file = "CelebA-HQ-to-CelebA-mapping.txt"
    table = read_list(faults, file, header=1, optional=True, face="{}.jpg".format)
    if table and table.columns != ("orig_idx", "orig_file"):
        faults.add(table.head, "its columns must be idx, orig_idx and orig_file")
    return table


def _number(face: str) -> int:
    return int(face.removesuffix(".jpg"))


def _partition_by_number(face: str) -> Partition:
    tenth = _number(face) % 10
    return "valid" if tenth == 8 else "test" if tenth == 9 else "train"


def _partition_in_celeba(cells: list[str]) -> Partition:
    """CelebA's official split goes by the number of the photograph."""
    number = cells[-1].removesuffix(".jpg")
    if not number.isdecimal():
        raise ValueError(f"orig_file is a number with .jpg after it, not {cells[-1]!r}")
    return "train" if int(number) <= 162_770 else "valid" if int(number) <= 182_637 else "test"
