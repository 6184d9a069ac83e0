"""CelebA in its official layout."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge, Le
from PIL import Image
from torch import Tensor

from ebgan_kit.images.photographs import DAMAGE, centre_square, read_photographs
from ebgan_kit.parts.data.annotations import check_images, compare, require_faces
from ebgan_kit.parts.data.celeba_layout import list_file, list_images
from ebgan_kit.parts.data.faults import Faults
from ebgan_kit.parts.data.partitions import PARTITIONS, Partition, partition_codes
from ebgan_kit.parts.data.tables import Table, check_names, read_flags, read_list
from ebgan_kit.types import Faces

ATTRIBUTES = tuple(
    """5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose
    Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee
    Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard
    Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair
    Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie
    Young""".split()
)
"""CelebA's attributes in their order."""

_WIDTH, _HEIGHT = 178, 218  # of every aligned image

_LOOKED_AT = 1_000  # photographs at most whose size is looked at

# Means of the landmark file's integer coordinates, of which each names a pixel's middle.
_MEAN_LANDMARKS = ((70.5, 111.4), (107.1, 109.9), (89.5, 133.9), (72.0, 153.0), (104.0, 153.5))

_LANDMARK_COLUMNS = tuple(
    """lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y
    leftmouth_x leftmouth_y rightmouth_x rightmouth_y""".split()
)


def aligned_template(crop: int = _WIDTH) -> Tensor:
    """[5, 2]: where landmarks of an aligned face lie in its centre crop, in units of the crop."""
    return frame_landmarks(torch.tensor(_MEAN_LANDMARKS), crop)


def frame_landmarks(landmarks: Tensor, crop: int) -> Tensor:
    """Take [..., 2] integer coordinates in an aligned image to units of its centre crop."""
    left, top, right, _ = centre_square(_WIDTH, _HEIGHT, crop)
    return (landmarks + 0.5 - torch.tensor([left, top])) / (right - left)


class Celeba:
    """CelebA's aligned faces with their attributes.

    The folder is laid out as it comes: `img_align_celeba/`, `list_attr_celeba.txt`,
    `list_eval_partition.txt`, and where they are there `identity_CelebA.txt` and
    `list_landmarks_align_celeba.txt`. Without the last, every face has the mean landmarks. The
    lists may lie in `Anno/` and `Eval/` and the images in `Img/`, all of it in a folder `celeba/`
    as torchvision keeps it, or be Kaggle's: CSV files, and `img_align_celeba/img_align_celeba/`.

    root: the folder of the data set.
    size: height and width of the faces in pixels.
    partitions: which parts of the official split to use.
    crop: side of the square cut out of the middle of the 178x218 photograph, in pixels.
    skip_broken: go on without rows and images that cannot be used.

    Raises UsageError that names every broken row and image by file and line.
    """

    def __init__(
        self,
        *,
        root: Path,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        partitions: tuple[Partition, ...] = ("train", "valid"),
        crop: Annotated[int, Ge(16), Le(178)] = 178,
        skip_broken: bool = False,
    ) -> None:
        self.size, self._crop = size, crop
        self.template = aligned_template(crop)
        faults = Faults(Path(root))
        folder, listing = list_images(faults)
        self._folder = Path(root) / folder
        images = None
        if listing:
            images = set(listing.photographs)
            listing.warn()
        labels = _attributes(faults)
        split = _listed(faults, "list_eval_partition.txt", columns=("partition",))
        people = _listed(faults, "identity_CelebA.txt", columns=("identity",), optional=True)
        marks = _landmarks(faults)
        compare(faults, images, (labels, split, people, marks), f"{folder}/")

        attributes = read_flags(labels, faults) if labels else {}
        partition = split.read(_partition, faults) if split else {}
        identity = people.read(_identity, faults) if people else None
        landmarks = marks.read(_coordinates, faults) if marks else None
        elsewhere = {face for face, part in partition.items() if part not in partitions}
        check_images(faults, (images or set()) - elsewhere - faults.broken, f"{folder}/")
        self.skipped = faults.settle(skip_broken, elsewhere)

        faces = sorted(partition.keys() - elsewhere - faults.broken)
        self._faces = require_faces(faces, Path(root), partitions)
        _warn_of_sizes(self._folder, faces)
        self.partition = partition_codes(partition[face] for face in faces)
        self.attributes = labels.columns if labels else ()
        self._attributes = torch.tensor([attributes[face] for face in faces])
        self._identity: Tensor | None = None
        if identity is not None:
            self._identity = torch.tensor([identity[face] for face in faces])
        self._landmarks = self.template.expand(len(faces), 5, 2)
        self._measured = landmarks is not None
        if landmarks is not None:
            pixels = torch.tensor([landmarks[face] for face in faces])
            self._landmarks = frame_landmarks(pixels.view(-1, 5, 2), crop)

    def __len__(self) -> int:
        return len(self._faces)

    @property
    def labels(self) -> Faces:
        """What is known of all faces without their photographs; the image is empty."""
        return Faces(
            torch.empty(len(self), 0),
            attributes=self._attributes,
            landmarks=self._landmarks if self._measured else None,
            identity=self._identity,
        )

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: images, attributes, landmarks, identities and their rows."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        paths = [self._folder / self._faces[row] for row in index.tolist()]
        return Faces(
            image=read_photographs(paths, self.size, self._crop),
            attributes=self._attributes[index].float(),
            landmarks=self._landmarks[index] * self.size,
            identity=None if self._identity is None else self._identity[index],
            index=index,
        )


def _listed(faults: Faults, name: str, **how: Any) -> Table | None:
    return read_list(faults, list_file(faults.root, name), **how)


def _attributes(faults: Faults) -> Table | None:
    table = _listed(faults, "list_attr_celeba.txt", header=2)
    if table:
        check_names(faults, table.head, table.columns, known=ATTRIBUTES)
    return table


def _landmarks(faults: Faults) -> Table | None:
    table = _listed(faults, "list_landmarks_align_celeba.txt", header=2, optional=True)
    if table and table.columns != _LANDMARK_COLUMNS:
        faults.add(table.head, f"its columns must be {' '.join(_LANDMARK_COLUMNS)}")
    return table


def _warn_of_sizes(folder: Path, faces: Sequence[str]) -> None:
    """Warn where photographs are not of the size that landmarks and `crop` are meant for."""
    some = faces[:: -(-len(faces) // _LOOKED_AT)]
    sizes = {face: _size(folder / face) for face in some}
    others = [face for face, size in sizes.items() if size != (_WIDTH, _HEIGHT)]
    if others:
        width, height = sizes[others[0]]
        warnings.warn(
            f"{folder}: {len(others)} of {len(some)} photographs looked at are not of "
            f"{_WIDTH}x{_HEIGHT} pixels, as CelebA's aligned ones are ({others[0]} has "
            f"{width}x{height}): landmarks and regions lie elsewhere in them",
            stacklevel=3,
        )


def _size(path: Path) -> tuple[int, int]:
    """Width and height of an image file, which is not decoded for it."""
    try:
        with Image.open(path) as image:
            return image.size
    except DAMAGE:  # its reader says so
        return _WIDTH, _HEIGHT


def _partition(cells: list[str]) -> Partition:
    if cells[0] not in ("0", "1", "2"):
        raise ValueError(f"a partition is 0 (train), 1 (valid) or 2 (test), not {cells[0]!r}")
    return PARTITIONS[int(cells[0])]


def _identity(cells: list[str]) -> int:
    if not cells[0].isdecimal():
        raise ValueError(f"an identity is a number, not {cells[0]!r}")
    return int(cells[0])


def _coordinates(cells: list[str]) -> list[float]:
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"landmarks are numbers of pixels, not {' '.join(cells)!r}")
    return values
