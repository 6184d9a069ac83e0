"""Several processes for one run, started by torch's launcher here or by the user's own."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from ebgan_kit.errors import Lost, UsageError

_PATIENCE = 5.0
"""Seconds in which a launcher surely ends the others after one of its processes has ended."""

_TO_SAVE = "600"
"""Seconds that the processes have to save themselves after an interrupt, where torch is 2.12 or
newer; older ones give 30."""


_LAUNCHERS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""Variables of the environment that a launcher sets, all of them."""


def check_launcher() -> None:
    """Check that a launcher's variables are all there, or that this process is alone.

    UsageError where some of them are left over from something else.
    """
    there = [name for name in _LAUNCHERS if name in os.environ]
    missing = [name for name in _LAUNCHERS if name not in os.environ]
    several = "LOCAL_RANK" in there or os.environ.get("WORLD_SIZE", "1") != "1"
    if several and missing:
        raise UsageError(
            f"the environment has {', '.join(there)}, as a launcher sets them, and no "
            f"{', '.join(missing)}: unset them, or start the run by a launcher such as torchrun"
        )


def first() -> bool:
    """Return whether this process is the first of a run, or alone.

    Without a `LOCAL_RANK` it is alone: a `RANK` by itself is left over from something else.
    """
    return "LOCAL_RANK" not in os.environ or os.environ.get("RANK", "0") == "0"


def first_here() -> bool:
    """Return whether this process is the first on its host."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def launched(processes: int) -> bool:
    """Return whether a launcher has started this process already.

    UsageError if it has started another number of processes than `processes`.
    """
    found = os.environ.get("WORLD_SIZE", "") if "LOCAL_RANK" in os.environ else ""
    if found and processes > 1 and found != str(processes):
        raise UsageError(
            f"--processes {processes}: a launcher has started {found} already; leave --processes "
            "out, which starts processes itself"
        )
    return bool(found)


def let_the_first_speak() -> None:
    """Give the first process of this host five seconds to print an error that all processes hit.

    The launcher then ends the other processes. If this one outlives the wait, the error is its own,
    and it prints it.
    """
    if not first_here():
        time.sleep(_PATIENCE)


def leave(status: int) -> NoReturn:
    """End this process, which has said all it has to say; one of several without Python's cleanup.

    Threads of torch still listen to the other processes then, and may crash during that cleanup.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if "LOCAL_RANK" in os.environ:
        os._exit(status)
    sys.exit(status)


def let_the_launcher_speak() -> None:
    """Wait until the launcher notices that a process has ended, names it and ends this one.

    If this process outlives the wait, the one that ended was on another host.
    """
    time.sleep(_PATIENCE)
    let_the_first_speak()


def launch(words: Sequence[str], processes: int) -> None:
    """Run `ebgan-kit WORDS` in so many processes of this machine, to the end.

    SystemExit with the status of a process that has said why it ended, or 130 after an interrupt;
    Lost where one was killed or broke down.
    """
    import torch
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import elastic_launch

    logging.getLogger("torch.distributed.elastic").addHandler(logging.NullHandler())
    logging.getLogger("torch.distributed.elastic").propagate = False
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // processes)))
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", _TO_SAVE)
    try:
        elastic_launch(_here(processes), sys.executable)("-m", "ebgan_kit", *words)
    except SignalException:
        raise SystemExit(130) from None
    except ChildFailedError as ended:
        rank, failure = ended.get_first_failure()
        raise _end_of(f"process {rank + 1} of {processes}", failure.exitcode) from None


def _here(processes: int) -> Any:
    """Return the launcher's configuration: all processes are here, and none is started again."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.launcher.api import LaunchConfig

    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=f"ebgan-kit-{os.getpid()}",
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",  # any port that is free
        local_addr="127.0.0.1",
        max_restarts=0,
        monitor_interval=0.2,
        logs_specs=DefaultLogsSpecs(log_dir=os.devnull),
    )


def _end_of(process: str, status: int) -> BaseException:
    """Return the error for the whole run, by the status of the first process that ended."""
    if status in (2, 130):
        return SystemExit(status)
    if status < 0:
        name = signal.Signals(-status).name
        hint = " (the system does that where memory runs out)" if name == "SIGKILL" else ""
        return Lost(f"{process} was killed by {name}{hint}, and the others were ended")
    return Lost(f"{process} broke down, as it says above, and the others were ended")
