"""How a process asks the system for memory."""

from __future__ import annotations

import platform

import psutil
import pytest

from ebgan_kit.training.memory import return_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_is_returned() -> None:
    """Also what lies below a block that is still in use."""

    def rss() -> float:
        return psutil.Process().memory_info().rss / 2**20

    blocks = [bytearray(60_000) for _ in range(2_000)]
    held, last = rss(), blocks.pop()
    blocks.clear()
    return_freed_memory()
    assert held - rss() > 80
    assert not any(last)
