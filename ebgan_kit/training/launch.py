"""Several processes for one run: started by torch's launcher here, or by any that a user has."""

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


def first() -> bool:
    """Whether this process is the first of a run, or alone."""
    return os.environ.get("RANK", "0") == "0"


def first_here() -> bool:
    """Whether it is the first on its host."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def launched(processes: int) -> bool:
    """Whether a launcher has started this process already; UsageError where it was another one that
    started another number of them."""
    found = os.environ.get("WORLD_SIZE", "") if "LOCAL_RANK" in os.environ else ""
    if found and processes > 1 and int(found) != processes:
        raise UsageError(
            f"--processes {processes}: a launcher has started {found} already; leave --processes "
            "out, which starts processes itself"
        )
    return bool(found)


def let_the_first_speak() -> None:
    """Wait while another process of this host says what all of them have to say.

    When that one has ended the launcher ends this one too. Who is still there had something of its
    own to say.
    """
    if not first_here():
        time.sleep(_PATIENCE)


def leave(status: int) -> NoReturn:
    """End this process, which has said why; where it is one of several, before torch notices.

    It still listens to the others, and may crash in what Python does at its end.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if "LOCAL_RANK" in os.environ:
        os._exit(status)
    sys.exit(status)


def let_the_launcher_speak() -> None:
    """Wait while the launcher finds that a process has ended: then it ends this one, and names that
    one. Who is still there lost one on another host."""
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
    """What the launcher needs to know: all processes are here, and none is started again."""
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
    """What the end of the first process that ended means for all."""
    if status in (2, 130):
        return SystemExit(status)
    if status < 0:
        name = signal.Signals(-status).name
        hint = " (the system does that where memory runs out)" if name == "SIGKILL" else ""
        return Lost(f"{process} was killed by {name}{hint}, and the others were ended")
    return Lost(f"{process} broke down, as it says above, and the others were ended")
