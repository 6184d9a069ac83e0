"""How the threads of a process wait for each other."""

from __future__ import annotations

import os

SPINS = 3_000
"""Long enough for Python to come with the next operation, and shorter than the system's turns."""


def share_the_machine() -> None:
    """Let threads that wait spin for a short time, unless the user has said how they wait.

    This must come before torch is imported, whose libgomp reads it. By default a thread spins a
    hundred times as long at the end of each operation, also while the thread it waits for has no
    core. One that never spins is woken for each operation, and a step of small ones takes half as
    long again. docs/performance.md has what was measured.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
