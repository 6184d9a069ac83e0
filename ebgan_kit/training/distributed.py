"""Messages and sums between the processes of a run; a single process exchanges nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import GradientAccumulationPlugin
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ebgan_kit.errors import Lost, UsageError
from ebgan_kit.recipe.device import device_of
from ebgan_kit.recipe.grammar import SINGLE, Train
from ebgan_kit.types import Networks

Told = TypeVar("Told")


def accelerator_for(settings: Train) -> Accelerator:
    """Make Accelerate's accelerator, of this process and those that a launcher started beside it.

    UsageError where there are more processes than devices.
    """
    cpu = device_of(settings).type == "cpu"
    if not cpu:
        _check_devices(int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    _count_threads()
    AcceleratorState._reset_state()  # an earlier run in this process may have had another one
    return Accelerator(
        cpu=cpu,
        mixed_precision={"float32": "no"}.get(settings.precision, settings.precision),
        # the kit cuts batches itself, whatever the launcher's configuration says
        gradient_accumulation_plugin=GradientAccumulationPlugin(num_steps=1),
    )


def _count_threads() -> None:
    """Leave Accelerate a number of threads where OpenMP's variable holds more, or none.

    It may be a list, of which the first is torch's; what is no number, OpenMP passes over.
    """
    said = os.environ.pop("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if said.isdecimal():
        os.environ["OMP_NUM_THREADS"] = said


def _check_devices(processes: int) -> None:
    devices = torch.accelerator.device_count()
    if processes > devices:
        raise UsageError(
            f"{processes} processes on a machine with {devices} devices: start one for each, or "
            "set train.device=cpu"
        )


class Processes:
    """The processes of a run, each with its share of every batch.

    Their messages in every step go from CPU to CPU, beside the gradients. So no process waits for a
    device, and each learns at once that another has ended.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.count: int = accelerator.num_processes
        self.first: bool = accelerator.is_main_process
        self._beside: Any = None
        if self.count > 1 and accelerator.device.type != "cpu":
            with exchange():
                self._beside = distributed.new_group(backend="gloo")

    def any(self, mine: bool) -> bool:
        """Return whether `mine` is true in any process."""
        if self.count == 1:
            return mine
        found = torch.tensor([mine], dtype=torch.uint8)
        with exchange():
            distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self._beside)
        return bool(found.item())

    def of_first(self, mine: Told) -> Told:
        """Return the first process's value, in every process."""
        if self.count == 1:
            return mine
        told = [mine]
        with exchange():
            distributed.broadcast_object_list(told, src=0, group=self._beside)
        return told[0]

    def mean(self, mine: Tensor) -> Tensor:
        """Return the mean of all processes' tensors."""
        return mine if self.count == 1 else mean(mine.clone())

    def wait(self) -> None:
        """Wait until all processes have come so far."""
        if self.count > 1:
            with exchange():
                distributed.barrier(group=self._beside)


def mean(mine: Tensor) -> Tensor:
    """Overwrite this process's tensor with the mean of all processes', and return it."""
    with exchange():
        distributed.all_reduce(mine)
    return mine.div_(distributed.get_world_size())


def shut_down() -> None:
    """Destroy the process group after the last exchange, as torch asks of every process."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


@contextmanager
def exchange() -> Iterator[None]:
    """Raise Lost for an exchange with a process that has ended."""
    try:
        yield
    except RuntimeError as problem:
        # gloo's own words begin with its file and line, and end with advice
        reason = re.sub(r"^\[[^]]*\] ", "", str(problem).partition("\n")[0]).partition(". ")[0]
        raise Lost(f"another process of this run cannot be reached ({reason})") from problem


def with_common_norms(networks: Networks, device: torch.device) -> Networks:
    """The networks with norms over the batch of all processes, where they have norms over a batch.

    UsageError on the CPU, where torch has none.
    """
    owners = _with_batch_norms(networks)
    if not owners:
        return networks
    if device.type == "cpu":
        raise UsageError(
            f"{', '.join(owners)}: norms over the batch, of which each process has a share, and on "
            'the CPU torch cannot take them over all shares: set norm = "instance" or "none", take '
            "a part without such norms, or train in one process"
        )
    # timm's own, since torch's would drop the activations that timm's norms have inside them
    from timm.layers import convert_sync_batchnorm

    found = (networks.model, networks.discriminator, networks.classifier)
    return Networks(*(None if n is None else convert_sync_batchnorm(n) for n in found))


def _with_batch_norms(networks: Networks) -> list[str]:
    """The recipe's tables whose networks have them."""
    judges = {"discriminator": networks.discriminator, "classifier": networks.classifier}
    parts = dict(networks.model.named_children()) | judges
    owners = [name for name, part in parts.items() if part is not None and _sees_the_batch(part)]
    return sorted({f"[{name if name in SINGLE else 'model'}]" for name in owners})


def _sees_the_batch(network: nn.Module) -> bool:
    return any(isinstance(m, _BatchNorm) and m.training for m in network.modules())
