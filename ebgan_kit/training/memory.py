"""How this process asks the system for memory."""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """Let memory that a step has freed serve the next one, where the C library is glibc.

    It changes the whole process, so only a process that does nothing but train calls it.

    By default each large tensor is mapped anew and unmapped when it is freed. The system clears
    every page of it again, which takes the longer the larger the tensors are. Memory of devices
    other than the CPU is not touched.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, 2**26)
