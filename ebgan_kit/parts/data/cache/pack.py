"""Write the faces of a recipe, read and resized, into one file that `data.use = "packed"` reads."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.files.claims import claimed
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.interrupts import interrupts
from ebgan_kit.parts.data.cache.packed import Label
from ebgan_kit.parts.data.cache.store import kept_form, pieces
from ebgan_kit.parts.data.cache.writer import Packing, layout_of
from ebgan_kit.parts.data.loading import open_data, read_faces
from ebgan_kit.parts.data.partitions import PARTITIONS, partition_codes
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.recipe.tables import Table
from ebgan_kit.types import Faces


def pack(
    recipe: Path | str,
    output: Path | str,
    overrides: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write all faces of a recipe's data into the file `output`, and return its path.

    All partitions that the data knows are written, whichever of them the recipe trains on, unless
    `data.partitions` is among the overrides. Until it is whole the file has `.part` after its name;
    what is in there already is not read again. `tell(done, total)` is told how far it is.

    Raises UsageError for what a user can mend, and Stopped after an interrupt (Ctrl-C).
    """
    output = Path(output)
    known = read(recipe, overrides)
    theirs = [value for _, value in known.tables["data"].keys if isinstance(value, Path)]
    inputs = [Path(recipe), *theirs]
    require_writable([output], inputs)
    # What is unfinished may be there, to be gone on with, beside the photographs, too.
    require_writable([_unfinished(output)], [path for path in inputs if not path.is_dir()])
    with claimed(output):
        _pack(known, output, overrides, tell)
    return output


def _pack(
    known: Recipe,
    output: Path,
    overrides: Sequence[str],
    tell: Callable[[int, int], None],
) -> None:
    """Write the faces into a file that this process has claimed; UsageError where it is there."""
    if os.path.lexists(output):
        raise UsageError(f"{output} exists: delete it, or pack into another file")
    unpaired = {place: table for place, table in known.tables.items() if place != "pairing"}
    known = replace(known, tables=unpaired)  # each face is packed once, whoever its mate is
    said = any(text.startswith("data.partitions=") for text in overrides)
    table, data = (known.tables["data"], open_data(known)) if said else _open_whole(known)
    partition = _partition(table, data)
    packing = _packing(output, table, data, partition)
    rows = [list(piece) for piece in pieces(packing.done, len(data), known.size)]
    try:
        _write(packing, read_faces(data, rows, known.train.workers), partition, tell)
    finally:
        packing.close()
    if packing.done < len(data):
        done = f"stopped after {packing.done:,} of {len(data):,} faces"
        raise Stopped(f"{done}, which are kept in {packing.path}; go on with")
    packing.finish(output)


def overrides_to_use(file: Path, recipe: Recipe) -> list[str]:
    """By which the recipe trains on its packed faces as it does on its own."""
    partitions = getattr(recipe.tables["data"].keys, "partitions", PARTITIONS[:1])
    return [
        "data.use=packed",
        f"data.file={file}",
        f"data.size={recipe.size}",
        f"data.partitions={','.join(partitions)}",
    ]


def _packing(output: Path, table: Table, data: Any, partition: Tensor) -> Packing:
    """The file, begun or to be gone on with."""
    first = kept_form(data.__getitems__([0])) | {"partition": partition[:1]}
    label = Label(table.dump(), list(data.attributes), data.template.tolist())
    layout = layout_of(label.metadata(), first, len(data))
    return Packing(_unfinished(output), layout)


def _unfinished(output: Path) -> Path:
    return Path(f"{output}.part")


def _open_whole(recipe: Recipe) -> tuple[Table, Any]:
    """The data with every partition that it knows, if it tells them apart; else as it is asked for.

    Faces to measure on must not get among those to train on unseen.
    """
    table = recipe.tables["data"]
    every = table.choices("partitions")
    if every:
        whole = replace(table, keys=table.keys.model_copy(update={"partitions": every}))
        data = open_data(replace(recipe, tables={**recipe.tables, "data": whole}))
        if hasattr(data, "partition"):
            return whole, data
    return table, open_data(recipe)


def _partition(table: Table, data: Any) -> Tensor:
    """[N], uint8: which partition each face is in, as far as the data says."""
    given = getattr(data, "partition", None)
    if given is not None:
        return torch.as_tensor(given).to(torch.uint8)
    asked = [name for name in getattr(table.keys, "partitions", ()) if name in PARTITIONS]
    one = asked[0] if asked else PARTITIONS[0]
    warnings.warn(
        f"[data] {table.part.name} does not say which partition each face is in: all are packed as "
        f"{one}",
        stacklevel=3,
    )
    return partition_codes([one]).repeat(len(data))


def _write(
    packing: Packing,
    faces: Iterable[Faces],
    partition: Tensor,
    tell: Callable[[int, int], None],
) -> None:
    """Write faces until there are no more, or an interrupt comes."""
    tell(packing.done, len(partition))
    with interrupts() as interrupted:
        for batch in faces:
            theirs = partition[packing.done : packing.done + len(batch)]
            packing.add(kept_form(batch) | {"partition": theirs})
            tell(packing.done, len(partition))
            if interrupted():
                break
