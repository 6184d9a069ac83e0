"""The device of a run or an edit, and the arithmetic that it is made for."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.grammar import Train

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "float32": torch.float32}


def device_of(settings: Train) -> torch.device:
    """The device that a recipe's [train] names: an accelerator where there is one, or the CPU."""
    found = torch.accelerator.current_accelerator(check_available=True)
    return torch.device("cpu") if settings.device == "cpu" or found is None else found


def made_for_bf16(device: torch.device) -> bool:
    """Return whether the device computes in bf16 itself; one that does not emulates it.

    Of CPUs these are the ones on which bf16 was measured to pay: x86 with AVX512-BF16 or AMX.
    """
    if device.type == "cpu":
        known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type != "mps"  # Apple's first chips emulate it, and torch does not say which


def settled(settings: Train) -> Train:
    """Return a recipe's [train] with the precision that its device comes to.

    `auto` is bf16 where the device is made for it, and float32 elsewhere. Warns of a bf16 that the
    device emulates. Raises UsageError for fp16 on a CPU.
    """
    device, precision = device_of(settings), settings.precision
    if precision == "auto":
        precision = "bf16" if made_for_bf16(device) else "float32"
    elif precision == "bf16" and not made_for_bf16(device):
        warnings.warn(
            f"bf16 is emulated by {_called(device)}, which is several times slower than float32: "
            "set train.precision=float32 to do without",
            stacklevel=2,
        )
    elif precision == "fp16" and device.type == "cpu":
        raise UsageError('[train] precision = "fp16" needs a GPU: set train.precision=auto')
    return settings.model_copy(update={"precision": precision})


def require_compiler(device: torch.device) -> None:
    """Compile something small on trial; UsageError where torch.compile does not work here.

    It looks for a C++ compiler, or on a GPU for a C compiler, when it is first used.
    """
    try:
        torch.compile(_doubled)(torch.ones(2, device=device))
    except Exception as problem:  # torch, Triton and the compiler each have errors of their own
        reason = str(problem).strip().partition("\n")[0]
        raise UsageError(
            f"[train] compile = true: torch.compile does not work here ({reason}): install a "
            "compiler such as g++ if there is none, or set train.compile=false"
        ) from problem


def _doubled(values: torch.Tensor) -> torch.Tensor:
    return 2 * values


def in_words(settings: Train) -> str:
    """Return where settled networks are computed and in what, such as 'on this CPU in bf16'."""
    device = device_of(settings)
    why = "" if made_for_bf16(device) else ", since bf16 would be emulated"
    why = why if settings.precision == "float32" else ""
    return f"on {_called(device)} in {settings.precision}{why}"


def _called(device: torch.device) -> str:
    return "this CPU" if device.type == "cpu" else f"this {device.type} device"


def precision_to_edit(device: torch.device, trained_in: str) -> str:
    """Return the precision of edits: bf16 of a model that was trained in it, on a device made for
    it; float32 otherwise."""
    return "bf16" if trained_in == "bf16" and made_for_bf16(device) else "float32"


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which networks compute in a precision."""
    return torch.autocast(device.type, DTYPES[precision], enabled=precision != "float32")
