"""How the threads of a process wait for each other."""

from __future__ import annotations

import os


def share_the_machine() -> None:
    """Let threads that wait leave their cores to other processes, unless the user has said how.

    Set OpenMP's wait policy; this must come before torch is imported, which reads it. By default a
    thread of libgomp spins for a millisecond at the end of each operation, also while the thread it
    waits for has no core: one busy process beside a run then costs it two thirds of its speed.
    docs/performance.md has what was measured.
    """
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
