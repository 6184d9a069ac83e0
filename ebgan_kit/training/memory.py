"""How this process asks the system for memory."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """Let memory that a step has freed serve the next one, where the C library is glibc.

    It changes the whole process, so only a process that does nothing but train calls it.

    By default each large tensor is mapped anew and unmapped when it is freed. The system clears
    every page of it again, which takes the longer the larger the tensors are. Memory of devices
    other than the CPU is not touched.
    """
    mallopt = _of_the_c_library("mallopt")
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, 2**26)


def return_freed_memory() -> None:
    """Give the system back all memory that was freed, where the C library is glibc.

    By default freed memory stays with each thread that asked for it: some hundred megabytes after
    large photographs, of which the next thread knows nothing.
    """
    trim = _of_the_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _of_the_c_library(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if os.name == "posix" else None
