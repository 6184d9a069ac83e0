"""How much memory is free, for faces that are to be kept in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

from ebgan_kit.errors import UsageError

_SHARE = 0.9  # of what is free, for faces; a run takes memory beside them


def require_memory(needed: int, of: str, way_out: str) -> None:
    """UsageError where `needed` bytes do not fit into the memory that is free.

    Every process of a run on this machine keeps as much. `of`: what takes it, and `way_out`: what
    to do about it, in words.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    free = free_memory()
    if processes * needed > _SHARE * free:
        each = f" in each of {processes} processes" if processes > 1 else ""
        raise UsageError(
            f"{of} take {needed / 1e9:,.1f} GB of memory{each}, and of {free / 1e9:,.1f} GB that "
            f"are free the run takes a part: {way_out}"
        )


def free_memory(system: Path = Path("/")) -> int:
    """Bytes that this process may still take.

    Containers and batch systems grant their processes less than the machine has, by control groups
    or by `ulimit`, and end those that take more. `system`: the root of the file system that tells
    of the groups.
    """
    grants = [*_granted_by_groups(system), *_granted_by_ulimit()]
    return max(0, min([psutil.virtual_memory().available, *grants]))


def _granted_by_groups(system: Path) -> Iterator[int]:
    """Bytes that each control group of this process still grants, if it has a limit."""
    for line in _text(system / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            base, limit, taken = "sys/fs/cgroup", "memory.max", "anon"
        elif "memory" in controllers.split(","):
            base, limit, taken = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "total_rss"
        else:
            continue
        group = PurePosixPath(path.strip("/"))
        for folder in (group, *group.parents):
            most = _text(system / base / folder / limit).strip()
            if most.isdecimal():
                words = _text(system / base / folder / "memory.stat").split()
                known = dict(zip(words[::2], words[1::2], strict=False))
                yield int(most) - int(known.get(taken, 0))


def _granted_by_ulimit() -> Iterator[int]:
    if hasattr(psutil, "RLIMIT_AS"):  # on Linux
        process = psutil.Process()
        most = process.rlimit(psutil.RLIMIT_AS)[0]
        if most != psutil.RLIM_INFINITY:
            yield most - process.memory_info().vms


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
