"""The least time that a step could take on a machine: its layers at the machine's own limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


@dataclass(frozen=True)
class Layer:
    """A convolution or a matrix product as it was called, forward or backward."""

    again: Callable[[], Any]
    """Does it once more."""
    name: str
    dtype: torch.dtype
    operations: int
    """A multiply-add is two."""
    bytes: int
    """Of its operands and of what it gives, each once."""


def layers_of(step: Callable[[], Any]) -> list[Layer]:
    """The convolutions and matrix products that a step calls, forward and backward.

    Everything else, bends, sums, copies and optimisers, is taken to cost nothing: on an ideal
    machine it is done along with them.
    """
    with _Recorder() as recorder:
        step()
    return recorder.layers


class _Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.layers: list[Layer] = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = operator(*args, **kwargs)
        count = flop_registry.get(operator._overloadpacket)
        if count is not None:
            self.layers.append(
                Layer(
                    lambda: operator(*args, **kwargs),
                    operator._overloadpacket.__name__,
                    args[0].dtype,
                    count(*args, **kwargs, out_val=given),
                    _bytes(args) + _bytes(given),
                )
            )
        return given


def _bytes(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return sum(map(_bytes, value)) if isinstance(value, list | tuple) else 0


def floor(layers: list[Layer], peak: Mapping[torch.dtype, float], bandwidth: float) -> float:
    """Seconds: for each layer the larger of operations over peak and bytes over bandwidth, summed.

    `peak`: operations per second by precision. `bandwidth`: bytes per second.
    """
    return sum(max(one.operations / peak[one.dtype], one.bytes / bandwidth) for one in layers)
