"""Differences between what two runs have left, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

_SHOWN = 3
"""Places that are named per file."""


def files(folder: Path) -> set[str]:
    """Return the paths of all files in a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def differences(folder: Path, whole: Path) -> list[str]:
    """Name each file in which a folder differs from another one, with the first places in it.

    Tensors, numbers and words are compared; `images_per_second` is left out, a measurement of time.
    """
    mine, its = files(folder), files(whole)
    found = [f"{name}: missing" for name in sorted(its - mine)]
    found += [f"{name}: left behind" for name in sorted(mine - its)]
    for name in sorted(mine & its):
        unlike = _unlike(_content(folder / name), _content(whole / name))
        if unlike:
            found.append(f"{name}: {len(unlike)} differ: {', '.join(unlike[:_SHOWN])}")
    return found


def _unlike(mine: Mapping[str, Any], its: Mapping[str, Any]) -> list[str]:
    """The places where two files differ."""
    absent = object()
    places = dict.fromkeys([*its, *mine])
    return [place for place in places if mine.get(place, absent) != its.get(place, absent)]


def _content(path: Path) -> dict[str, Any]:
    """All that a file holds, by its place in it."""
    if path.suffix == ".pt":
        return dict(_leaves(torch.load(path, weights_only=True)))
    if path.suffix == ".safetensors":
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return dict(_leaves({"header": file.metadata()} | tensors))
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return dict(_leaves([row | {"images_per_second": None} for row in rows]))
    return {"text": path.read_bytes()}


def _leaves(nest: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each number, word and tensor of a nest, by its place in it."""
    if isinstance(nest, list | tuple):
        nest = dict(enumerate(nest))
    if not isinstance(nest, Mapping):
        yield place, _bits(nest) if isinstance(nest, torch.Tensor) else nest
        return
    for name, inner in nest.items():
        yield from _leaves(inner, f"{place}.{name}" if place else str(name))


def _bits(tensor: torch.Tensor) -> tuple[Any, ...]:
    bits = tensor.contiguous().reshape(-1).view(torch.uint8)
    return tensor.dtype, tensor.shape, bits.numpy().tobytes()
