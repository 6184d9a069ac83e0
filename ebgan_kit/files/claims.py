"""Claims: one process at a time works on a target."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import writing


@contextmanager
def claimed(target: Path) -> Iterator[None]:
    """Claim a target for this process while it works on it.

    The claim ends with the process, however that ends. Raises UsageError at once where another
    process holds the target, or where nothing can be written beside it.
    """
    from filelock import FileLock, Timeout

    claim = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    with writing(target):
        try:
            claim.acquire()
        except Timeout:
            raise UsageError(
                f"{target}: another process is writing there; wait for its end, or choose another "
                "name"
            ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # while it is held, so that nobody is waiting for this very file
            os.unlink(claim.lock_file)
        claim.release()
