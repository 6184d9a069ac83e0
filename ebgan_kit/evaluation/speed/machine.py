"""What a machine can do, measured there and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ebgan_kit.evaluation.speed.roofline import Layer

_TRIED = 8
"""How many of a step's largest layers are tried."""


def peaks(layers: Sequence[Layer], device: torch.device) -> dict[torch.dtype, dict[str, float]]:
    """Operations per second by precision: a `matmul`'s, and the step's best `convolution`'s."""
    found = {dtype: {"matmul": _matmul(dtype, device)} for dtype in {one.dtype for one in layers}}
    for one in sorted(layers, key=lambda layer: layer.operations)[-_TRIED:]:
        if one.name.startswith("convolution"):
            reached = one.operations / best(one.again, device)
            known = found[one.dtype]
            known["convolution"] = max(known.get("convolution", 0.0), reached)
    return found


def bandwidth(dtype: torch.dtype, device: torch.device) -> float:
    """Bytes per second that a copy reads and writes."""
    source = torch.ones(2**25, dtype=dtype, device=device)
    target = torch.empty_like(source)
    moved = 2 * source.numel() * source.element_size()
    return moved / best(lambda: target.copy_(source), device)


def _matmul(dtype: torch.dtype, device: torch.device) -> float:
    side = 2048 if device.type == "cpu" else 8192
    matrix = torch.ones(side, side, dtype=dtype, device=device)
    return 2 * side**3 / best(lambda: matrix @ matrix, device)


def best(function: Callable[[], Any], device: torch.device, times: int = 5) -> float:
    """The fewest seconds that the function takes, of so many times after a first."""
    return min(seconds(function, device) for _ in range(times + 1))


def seconds(function: Callable[[], Any], device: torch.device) -> float:
    """How long the function takes, until the device has done what it was told."""
    wait(device)
    start = time.perf_counter()
    function()
    wait(device)
    return time.perf_counter() - start


def wait(device: torch.device) -> None:
    """Return when the device has done what it was told."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
