"""The check of data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from ebgan_kit.parts.data.partitions import PARTITIONS
from ebgan_kit.testing.subject import Subject, subject_of, what
from ebgan_kit.types import PARTS, Faces


def check_data(part: Callable[..., Any], /, **keys: Any) -> None:
    """Data: `len`, `__getitems__(indices)` to `Faces`, `attributes` and `template`.

    Images [B, 3, size, size] in [-1, 1], where `size` is the key, or 128 without one; a column in
    {0, 1} for each attribute; landmarks [B, 5, 2]; parts [B, H, W] uint8; index [B] int64, another
    for each face; a face is the same each time and in any company; nothing random. It may say in
    which `partition` each row is, [N], places in ("train", "valid", "test"); and have a method
    `prepare(tell)`, which a run calls once and after which a face is what it was.
    """
    subject = subject_of("data", part, keys)
    data = subject.build()
    subject.require(len(data) > 0, "has no faces")
    rows = list(range(min(len(data), 4)))
    with subject.still():
        faces = data.__getitems__(rows)
    subject.require(isinstance(faces, Faces), f"gives {what(faces)}, and not Faces")
    size = getattr(subject.keys, "size", 128)
    _check_image(subject, faces.image, (len(rows), 3, size, size))
    _check_attributes(subject, data, faces)
    _check_labels(subject, faces)
    _check_template(subject, data.template)
    _check_partition(subject, data)
    _check_company(subject, data, faces, rows)
    if hasattr(data, "prepare"):
        with subject.still():
            data.prepare(lambda done, total: None)
        _check_company(subject, data, faces, rows)


def _check_template(subject: Subject, template: Any) -> None:
    fits = isinstance(template, Tensor) and template.shape == (5, 2)
    subject.require(
        fits and template.min() >= 0 and template.max() <= 1,
        f"has {what(template)} as its template: it is a tensor [5, 2], the mean landmarks in units "
        "of the image, 0 to 1",
    )


def _check_partition(subject: Subject, data: Any) -> None:
    found = getattr(data, "partition", None)
    if found is None:
        return
    subject.require(
        isinstance(found, Tensor)
        and found.shape == (len(data),)
        and not found.is_floating_point()
        and torch.isin(found, torch.arange(len(PARTITIONS))).all(),
        f"has {what(found)} as its partition: it is [{len(data)}], a place in "
        f"({', '.join(PARTITIONS)}) for each row",
    )


def _check_image(subject: Subject, image: Tensor, expected: tuple[int, ...]) -> None:
    subject.require(
        image.shape == expected and image.dtype == torch.float32,
        f"gives {what(image)} as images: they are {list(expected)} of float32, by the key `size` "
        "(128 without one)",
    )
    subject.require(
        image.isfinite().all() and image.abs().max() <= 1,
        "gives images beyond [-1, 1]: colour levels 0 to 255 are -1 to 1",
    )
    subject.require(image.min() < -0.1, "gives images in [0, 1]: they are in [-1, 1]")


def _check_attributes(subject: Subject, data: Any, faces: Faces) -> None:
    names, labels = tuple(data.attributes), faces.attributes
    if not names:
        subject.require(
            labels is None or not labels.shape[1], "labels its faces and names no attributes"
        )
        return
    subject.require(len(set(names)) == len(names), "names an attribute twice")
    expected = (len(faces), len(names))
    subject.require(
        labels is not None and labels.shape == expected and labels.is_floating_point(),
        f"names {len(names)} attributes: its faces need labels {list(expected)}, floats",
    )
    assert labels is not None
    subject.require(((labels == 0) | (labels == 1)).all(), "has labels other than 0 and 1")


def _check_labels(subject: Subject, faces: Faces) -> None:
    count, _, height, width = faces.image.shape
    shapes = {
        "landmarks": (count, 5, 2),
        "parts": (count, height, width),
        "identity": (count,),
        "index": (count,),
    }
    for name, expected in shapes.items():
        found = getattr(faces, name)
        subject.require(
            found is None or found.shape == expected,
            f"gives {what(found)} as {name}: they are {list(expected)}",
        )
    parts, index = faces.parts, faces.index
    subject.require(
        parts is None or (parts.dtype == torch.uint8 and parts.max() < len(PARTS)),
        "gives parts that are no uint8 indices into ebgan_kit.types.PARTS",
    )
    subject.require(
        index is not None and index.dtype == torch.int64 and len(index.unique()) == count,
        "does not say which rows its faces are: give `index`, [B] int64, another for each face",
    )
    subject.require(faces.region is None, "brings regions: those are the mask's")


def _check_company(subject: Subject, data: Any, faces: Faces, rows: list[int]) -> None:
    """Backwards and one by one, each row is the face that it was."""
    backwards = data.__getitems__(rows[::-1])
    alone = [data.__getitems__([row]) for row in rows]
    for field in fields(Faces):
        name = field.name
        found = getattr(faces, name)
        if found is None:
            continue
        singles = torch.cat([getattr(one, name) for one in alone])
        same = torch.equal(getattr(backwards, name).flip(0), found) and torch.equal(singles, found)
        subject.require(
            same, f"gives other {name} for a row in other company: a row is the same each time"
        )
