"""Faces packed into one file by `ebgan-kit pack`: mapped into memory, read without decoding.

The file is a safetensors file: the tensors of `Kept` and `partition`, and in its metadata a JSON
text of what they are. Nothing in it can run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge, Le
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from ebgan_kit.errors import UsageError
from ebgan_kit.files.pointers import placeholder
from ebgan_kit.files.writing import FACES_KEY
from ebgan_kit.parts.data.cache.store import DTYPES, Kept
from ebgan_kit.parts.data.partitions import PARTITIONS, Partition, partition_codes
from ebgan_kit.types import Faces

FORMAT = 1


@dataclass(frozen=True)
class Label:
    """What a file of packed faces says of itself."""

    data: dict[str, Any]
    """The recipe's table [data] that the faces were read by."""
    attributes: list[str]
    """Names of the columns."""
    template: list[list[float]]
    """[5][2], mean landmarks in units of the image."""
    kit: str = field(default_factory=lambda: version("ebgan-kit"))
    format: int = FORMAT

    def metadata(self) -> dict[str, str]:
        return {FACES_KEY: json.dumps(asdict(self))}


class Packed:
    """Faces out of one file, which `ebgan-kit pack` has written from other data.

    They are the faces that the other data would give, and so are their order, their pairs and
    whatever is drawn by chance. The file is mapped into memory: it may be larger than that, and the
    processes of a run share it.

    file: the file.
    size: height and width of the faces in pixels, which must be those of the file.
    partitions: which parts of the file to use.

    Raises UsageError for a file that is not whole, or is none of that kind or size.
    """

    def __init__(
        self,
        *,
        file: Path,
        size: Annotated[int, Ge(16), Le(1024)] = 128,
        partitions: tuple[Partition, ...] = ("train", "valid"),
    ) -> None:
        self._again = partial(Packed, file=file, size=size, partitions=partitions)
        label, tensors = _open(Path(file))
        self.attributes = tuple(label.attributes)
        self.template = torch.tensor(label.template)
        partition = tensors.pop("partition")
        self._kept = Kept(**tensors)
        packed_size = self._kept.image.shape[1]
        if packed_size != size:
            raise UsageError(
                f"{file}: holds faces of {packed_size} pixels, not of {size}: set "
                f"data.size={packed_size}, or pack them again with data.size={size}"
            )
        self._rows = torch.isin(partition, partition_codes(partitions)).nonzero()[:, 0]
        self.partition = partition[self._rows]
        if not len(self._rows):
            held = ",".join(PARTITIONS[code] for code in partition.unique().tolist())
            raise UsageError(
                f"{file}: holds no face of data.partitions={','.join(partitions)}; it holds {held}"
            )

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def labels(self) -> Faces:
        """What is known of all faces without their photographs; the image is empty."""
        known = {
            name: getattr(self._kept, name) for name in ("attributes", "landmarks", "identity")
        }
        here = {name: tensor[self._rows] for name, tensor in known.items() if tensor is not None}
        return Faces(torch.empty(len(self), 0), **here)

    def __getitems__(self, indices: Sequence[int]) -> Faces:
        """A batch of faces: all that the other data knew of them."""
        index = torch.as_tensor(indices, dtype=torch.int64)
        return self._kept.faces(self._rows[index], index)

    def __reduce__(self) -> tuple[Any, ...]:
        """A process that begins afresh maps the file itself: no face is copied to it."""
        return self._again, ()


def _open(file: Path) -> tuple[Label, dict[str, Tensor]]:
    """The label, and the tensors, which are not read yet; UsageError for any other file."""
    if not file.is_file():
        raise UsageError(
            f"{file}: there is no such file; ebgan-kit pack RECIPE -o {file} writes it"
        )
    try:
        with safe_open(file, framework="pt") as opened:
            text = (opened.metadata() or {}).get(FACES_KEY)
        tensors = load_file(file)
    except (SafetensorError, OSError, RuntimeError, ValueError) as problem:
        reason = placeholder(file) or problem
        raise UsageError(f"{file}: is not a whole safetensors file ({reason})") from problem
    if text is None:
        raise UsageError(f"{file}: is a safetensors file, but holds no faces of ebgan-kit pack")
    label = _label(file, text)
    wrong = _wrong(label, tensors)
    if wrong:
        raise UsageError(f"{file}: is no file of packed faces: {wrong}; pack them again")
    return label, tensors


def _label(file: Path, text: str) -> Label:
    try:
        values = json.loads(text)
        written = values["format"]
        if written == FORMAT:
            return Label(**values)
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise UsageError(f"{file}: its header cannot be read ({problem})") from problem
    raise UsageError(
        f"{file}: has format {written}, and this version of ebgan-kit reads format {FORMAT}: pack "
        "its faces again"
    )


def _wrong(label: Label, tensors: dict[str, Tensor]) -> str | None:
    """What the header promises and the file does not keep; None where all is well."""
    names, image = label.attributes, tensors.get("image")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return "its attributes have no names"
    if not _is_template(label.template):
        return "its template is not five points"
    if image is None or image.dim() != 4 or not len(image) or image.shape[1] != image.shape[2]:
        return "it has no square images"
    count, size = image.shape[:2]
    shapes = {
        "image": (count, size, size, 3),
        "attributes": (count, len(names)),
        "landmarks": (count, 5, 2),
        "parts": (count, size, size),
        "identity": (count,),
        "partition": (count,),
    }
    dtypes = DTYPES | {"partition": torch.uint8}
    for name, tensor in tensors.items():
        if tensor.shape != shapes.get(name) or tensor.dtype != dtypes[name]:
            return f"{name} is {list(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
    if "partition" not in tensors or int(tensors["partition"].max()) >= len(PARTITIONS):
        return "it does not say which partition each face is in"
    if names and ("attributes" not in tensors or int(tensors["attributes"].max()) > 1):
        return "its attributes are not 0 and 1"
    return None


def _is_template(points: Any) -> bool:
    try:
        return torch.tensor(points, dtype=torch.float32).shape == (5, 2)
    except (ValueError, TypeError, RuntimeError, OverflowError):
        return False
