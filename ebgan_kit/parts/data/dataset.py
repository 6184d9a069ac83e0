"""Faces of a map-style dataset of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Annotated, Any

import torch
from annotated_types import Ge, Le
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torch.utils.data import ConcatDataset

from ebgan_kit.errors import UsageError, nearest
from ebgan_kit.images.photographs import centre_square, pixels, upright_rgb
from ebgan_kit.parts.data.celeba import aligned_template
from ebgan_kit.parts.data.partitions import Partition, partition_codes
from ebgan_kit.registry.installed import offered
from ebgan_kit.types import Faces

GROUP = "ebgan_kit.datasets"

Field = int | str
"""Where an item keeps a value: its place in a tuple, or its name in a dict or an object."""


class Dataset:
    """Faces of any map-style dataset of torch that an installed package offers.

    The package names a function that takes a partition and gives its dataset:

        [project.entry-points."ebgan_kit.datasets"]
        my-faces = "my_package.data:faces"       # faces("train")[0] is an item

    A recipe holds the name alone, so no recipe runs what nobody has installed. Items are dicts,
    tuples or objects such as dataclasses. The square in the middle of each image is used.

    `dataset`: the name of the entry point. `partitions`: the parts to use.
    `size`: height and width of the faces in pixels.
    `image`: the field of a PIL image, or of a tensor [3, H, W], uint8 or float in [0, 1].
    `attributes`: the field of n labels in {0, 1}, {-1, 1} or bool. `names`: their n names.
    `landmarks`: the field of five landmarks [5, 2], in pixels of the image. The mean of a hundred
    faces' is the template. Without them faces are assumed to lie as CelebA's do, as for `folder`.
    `identity`: the field of a person's number.

    Raises UsageError that names the partition and the place of an item that does not fit.
    """

    def __init__(
        self,
        *,
        dataset: str,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        partitions: tuple[Partition, ...] = ("train", "valid"),
        image: Field = "image",
        attributes: Field | None = None,
        names: tuple[str, ...] = (),
        landmarks: Field | None = None,
        identity: Field | None = None,
    ) -> None:
        if (attributes is None) == bool(names):
            raise ValueError("`attributes` is the field and `names` the names: give both or none")
        self.size, self.attributes = size, names
        self._name = dataset
        parts = [_opened(dataset, partition) for partition in partitions]
        self._items: Any = ConcatDataset(parts)
        codes = chain(*(repeat(p, len(part)) for p, part in zip(partitions, parts, strict=True)))
        self.partition = partition_codes(codes)
        fields = dict(image=image, attributes=attributes, landmarks=landmarks, identity=identity)
        self._fields = {name: field for name, field in fields.items() if field is not None}
        if not len(self):
            raise UsageError(f"dataset {dataset} has no face in {', '.join(partitions)}")
        self.template = aligned_template()
        if landmarks is not None:
            some = range(0, len(self), -(-len(self) // 100))
            self.template = torch.stack([self._read(row)["landmarks"] for row in some]).mean(0)
            self.template = (self.template / size).clamp(0, 1)

    def __len__(self) -> int:
        return len(self._items)

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: images, landmarks, rows, and what else the items have a field for."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        read = [self._read(row) for row in index.tolist()]
        known: dict[str, Any] = {k: torch.stack([one[k] for one in read]) for k in read[0]}
        return Faces(index=index, **known)

    def _read(self, row: int) -> dict[str, Tensor]:
        """One item's values by their names in `Faces`."""
        try:
            item = self._items[row]
            found = {name: _value(item, field) for name, field in self._fields.items()}
            image, left, top, scale = _square(found["image"], self.size)
            read = {"image": image, "landmarks": aligned_template() * self.size}
            if "landmarks" in found:
                corner = torch.tensor([left, top])
                landmarks = torch.as_tensor(found["landmarks"], dtype=torch.float32)
                read["landmarks"] = (landmarks.reshape(5, 2) - corner) * scale
            if "attributes" in found:
                labels = torch.as_tensor(found["attributes"]).reshape(len(self.attributes))
                read["attributes"] = (labels > 0).float()
            if "identity" in found:
                read["identity"] = torch.tensor(int(found["identity"]))
            return read
        except Exception as problem:  # a stranger's code may raise anything
            raise UsageError(
                f"dataset {self._name}: item {row} of the partitions: "
                f"{type(problem).__name__}: {problem}"
            ) from problem


def _opened(name: str, partition: Partition) -> Any:
    """A partition's dataset, made by the function that a package offers under the name."""
    offers = offered(GROUP)
    found = [entry for entry in offers if entry.name == name]
    if len(found) != 1:
        count = f"{len(found)} installed packages offer" if found else "no installed package offers"
        near = nearest(name, {entry.name for entry in offers})
        raise UsageError(f"{count} a dataset '{name}' in {GROUP}{near}")
    try:
        make: Callable[[str], Any] = found[0].load()
        return make(partition)
    except Exception as problem:  # a stranger's code may raise anything
        raise UsageError(
            f"dataset {name} ({found[0].value}) gives no {partition}: "
            f"{type(problem).__name__}: {problem}"
        ) from problem


def _value(item: Any, field: Field) -> Any:
    if isinstance(field, int) or isinstance(item, Mapping):
        return item[field]
    return getattr(item, field)


def _square(image: Any, size: int) -> tuple[Tensor, int, int, float]:
    """The centre square [3, size, size] in [-1, 1]; its left, its top, and its scale."""
    if isinstance(image, Image.Image):
        image = pixels(upright_rgb(image)).permute(2, 0, 1)
    if not isinstance(image, Tensor) or image.dim() != 3 or len(image) != 3:
        raise ValueError("an image is a PIL image or a tensor [3, H, W]")
    values = image.float() / 255 if image.dtype == torch.uint8 else image.float()
    if values.min() < 0 or values.max() > 1:
        raise ValueError("a tensor of floats has levels from 0 to 1")
    left, top, right, bottom = centre_square(image.shape[2], image.shape[1])
    square = values[None, :, top:bottom, left:right]
    square = interpolate(square, (size, size), mode="bicubic", antialias=True, align_corners=False)
    levels = (square[0] * 255).round().clamp(0, 255)  # as packed faces have them
    return levels / 127.5 - 1, left, top, size / (right - left)
