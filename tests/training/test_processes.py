"""Several processes train as one does, and none outlives another."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psutil
import pytest
import torch
from fixtures.processes import free_port, together
from fixtures.recipes import ATT, TINY
from fixtures.runs import rows
from PIL import Image
from safetensors.torch import load_file

from ebgan_kit.errors import Lost, UsageError
from ebgan_kit.interrupts import interrupts
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.loading import Order
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training import launch
from ebgan_kit.training.distributed import accelerator_for, shut_down, with_common_norms
from ebgan_kit.training.launch import launched
from ebgan_kit.training.pairs import piece_size
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Networks

Tiny = Callable[..., Recipe]

NEAR = 1e-5
"""How far weights may lie apart: a tenth of what one step may change them by, in float32."""

SHORT = ("train.images=96", "train.batch=16", "train.log_every=32")
"""Six steps."""

LONG = ("train.images=640", "train.batch=16", "train.log_every=160", "train.checkpoint_every=160",
        "optimizer.model.lr=1e-5", "optimizer.critic.lr=1e-5")  # fmt: skip
"""Forty steps, enough to be disturbed; small ones, since rounding grows with what is learnt."""

CLEANUP = """
import atexit, os
if "LOCAL_RANK" in os.environ:
    atexit.register(os.write, 2, b"Python's cleanup\\n")
"""
"""Says that one of several processes came to Python's cleanup, where torch's threads may crash."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny recipe, in which commands are run."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "tiny.toml").write_text(TINY)
    (folder / "sitecustomize.py").write_text(CLEANUP)
    return folder


@pytest.fixture(scope="module")
def short(home: Path) -> Path:
    """The folder of a short run of one process."""
    return train(read(home / "tiny.toml", SHORT), home / "short").parent


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """The folder of a run of one process that nobody disturbed."""
    return train(read(home / "tiny.toml", LONG), home / "whole").parent


def assert_alike(folder: Path, other: Path) -> None:
    """Every row of the metrics, and all weights at the end."""
    for mine, its in zip(rows(folder), rows(other), strict=True):
        assert mine == pytest.approx(its, rel=1e-4, abs=1e-5)
    one, two = (load_file(run / "model.safetensors") for run in (folder, other))
    assert max((one[name] - two[name]).abs().max().item() for name in one) < NEAR


# Without a launcher: each process begins with all imports done


EVERYTHING = (
    *ATT,
    "model.borrow=0.5",
    "data.count=27",
    "mask.use=freeform",
    "augment.faces.use=jitter",
    "augment.faces.flip=0.5",
    "augment.faces.contrast=0.2",
    "augment.exemplar.use=jitter",
    "augment.exemplar.rotate=10",
    "augment.discriminator.use=noise",
    "loss.reconstruction.region_share=0.5",
    "schedule.model.use=linear",
    "train.switch_off=0.3",
    "train.critic_steps=2",
    "train.max_grad_norm=1",
    "generator.norm=instance",
)
"""All that depends on a face, on its place, or on the clock."""

OPPOSITE = (
    *ATT,
    "pairing.use=opposite",
    "pairing.group=4",
    "adversarial.use=wgan-gp",
    "optimizer.critic.use=rmsprop",
    "train.accumulate=2",
)


@pytest.mark.parametrize(
    ("overrides", "counts"),
    [((), (2, 4)), (EVERYTHING, (4,)), (OPPOSITE, (2,))],
    ids=["plain", "everything", "opposite pairs in pieces"],
)
@pytest.mark.distributed
@pytest.mark.slow
def test_any_number_of_processes_trains_alike(
    home: Path, tmp_path: Path, overrides: tuple[str, ...], counts: tuple[int, ...]
) -> None:
    keys = (*overrides, *SHORT)
    train(read(home / "tiny.toml", keys), tmp_path / "1")
    for count in counts:
        folder = tmp_path / str(count)
        assert together(count, home / "tiny.toml", keys, folder) == [""] * count
        assert_alike(folder, tmp_path / "1")
        files, alone = (sorted(p.name for p in f.rglob("*")) for f in (folder, tmp_path / "1"))
        assert files == alone


def test_the_tolerance_tells_steps_apart(home: Path, short: Path, tmp_path: Path) -> None:
    keys = (*SHORT, "train.images=80", "schedule.model.use=constant")
    other = train(read(home / "tiny.toml", keys), tmp_path / "run")
    one, two = load_file(short / "model.safetensors"), load_file(other)
    assert max((one[name] - two[name]).abs().max().item() for name in one) > 5 * NEAR


def broken_among(faces: Path, count: int, number: int) -> Path:
    """Write so many photographs of noise, of which one does not decode, and return that one."""
    faces.mkdir()
    for face in range(count):
        Image.effect_noise((64, 64), 64).convert("RGB").save(faces / f"{face:02}.png")
    broken = faces / f"{number:02}.png"
    damaged = bytearray(broken.read_bytes())
    damaged[1000:1100] = bytes(100)
    broken.write_bytes(damaged)
    return broken


def on(faces: Path) -> tuple[str, ...]:
    """Keys of a short run on all photographs of a folder."""
    return (*SHORT, "data.use=folder", f"data.root={faces}", "data.partitions=train,valid,test")


@pytest.mark.distributed
def test_a_face_that_one_process_cannot_read(home: Path, tmp_path: Path) -> None:
    """That one names it; the other learns that it is gone."""
    of_the_second = next(iter(Order(16, 16, seed=0)))[12]
    broken = broken_among(tmp_path / "faces", 16, of_the_second)
    first, second = together(2, home / "tiny.toml", on(broken.parent), tmp_path / "run")
    assert second.startswith(f"{broken} does not decode: ")
    assert first.startswith("another process of this run cannot be reached (")


@pytest.mark.distributed
def test_a_process_that_cannot_save_does_not_say_that_it_has(home: Path, tmp_path: Path) -> None:
    """Only the first one saves, and a face of the second's is broken after a step."""
    _, second_step = islice(Order(32, 16, seed=0), 2)
    faces = broken_among(tmp_path / "faces", 32, second_step[12]).parent
    keys = (*on(faces), "train.checkpoint_every=96")
    _, second = together(2, home / "tiny.toml", keys, tmp_path / "run")
    assert second.endswith("stopped after 16 images, 0 of them saved; go on by --resume")


@pytest.mark.distributed
def test_norms_over_the_batch_are_refused_on_the_cpu(home: Path, tmp_path: Path) -> None:
    keys = ("generator.norm=batch", "discriminator.norm=batch", "train.batch=8")
    for said in together(2, home / "tiny.toml", keys, tmp_path / "run"):
        assert said.startswith("[discriminator], [generator]: norms over the batch")
        assert 'set norm = "instance" or "none"' in said
    assert not (tmp_path / "run").exists()


@pytest.mark.distributed
def test_a_process_with_another_recipe_is_refused(home: Path, tmp_path: Path) -> None:
    keys = [("train.batch=8",), ("train.batch=8", "data.count=17", "optimizer.model.lr=1")]
    first, second = together(2, home / "tiny.toml", keys, tmp_path / "run")
    assert second.startswith("data, optimizer.model: not as in the first process of this run; give")
    assert first.startswith("another process of this run cannot be reached (")
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_norms_over_the_batch_are_shared_by_devices() -> None:
    """Those of timm keep the activation that they include, and weights keep their names."""
    from timm.layers import BatchNormAct2d

    model = torch.nn.Sequential(torch.nn.BatchNorm2d(2), BatchNormAct2d(2))
    critic = torch.nn.Sequential(torch.nn.InstanceNorm2d(2))
    names, weight = list(model.state_dict()), model[0].weight
    found = with_common_norms(Networks(model, critic), torch.device("cuda"))
    assert all(isinstance(norm, torch.nn.SyncBatchNorm) for norm in found.model)
    assert isinstance(found.model[1].act, torch.nn.ReLU)
    assert list(found.model.state_dict()) == names
    assert found.model[0].weight is weight
    assert isinstance(found.discriminator[0], torch.nn.InstanceNorm2d)
    alone = Networks(critic, None)
    assert with_common_norms(alone, torch.device("cpu")) is alone


# Batches that cannot be shared out


@pytest.mark.parametrize(
    ("overrides", "processes", "words"),
    [
        ((), 3, "a batch of 16, shared out among 3 processes, cannot be cut into groups of 4"),
        (("train.accumulate=2",), 4, "among 4 processes, in 2 pieces cannot be cut into groups"),
        (("train.batch=6",), 1, "a batch of 6 cannot be cut into groups of 4 (pairing.group): set "
                                "train.batch to a multiple of 4"),
    ],
)  # fmt: skip
def test_a_batch_that_cannot_be_shared_out(
    tiny: Tiny, overrides: tuple[str, ...], processes: int, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        piece_size(tiny("train.batch=16", *overrides), processes)
    assert words in str(caught.value)


def test_the_share_of_a_process(tiny: Tiny) -> None:
    assert piece_size(tiny("train.batch=16", "train.accumulate=2"), 2) == 4


# With a launcher


def ebgan_kit(*words: str) -> list[str]:
    return [sys.executable, "-m", "ebgan_kit", *words]


def begun(home: Path, *command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=home,
        env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(home)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def two_processes(home: Path) -> Iterator[Callable[..., Any]]:
    """`two_processes(name)`: a long run, which has begun to save itself."""
    command = None

    def start(name: str) -> subprocess.Popen[str]:
        nonlocal command
        words = ("run", "tiny.toml", *LONG, f"name={name}", "--processes", "2")
        command = begun(home, *ebgan_kit(*words))
        until(lambda: list((home / "runs" / name).glob("checkpoints/*.pt")), command)
        return command

    yield start
    if command is not None and command.poll() is None:
        command.terminate()
        command.wait()


def until(come: Callable[[], Any], command: subprocess.Popen[str]) -> None:
    while not come():
        assert command.poll() is None, command.communicate()
        time.sleep(0.01)


def of_run(command: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes of a run, by their rank."""
    children = psutil.Process(command.pid).children()
    return sorted(children, key=lambda child: child.environ().get("RANK", ""))


@pytest.mark.distributed
@pytest.mark.slow
def test_one_that_dies_ends_the_others_and_the_run_goes_on(
    home: Path, whole: Path, two_processes: Callable[..., Any]
) -> None:
    """Alone, or on more processes than it had."""
    command = two_processes("dies")
    first, second = of_run(command)
    second.kill()
    out, err = command.communicate(timeout=300)  # torch would wait half an hour for the dead
    assert command.returncode == 1
    assert not first.is_running()
    assert out == ""
    assert "process 2 of 2 was killed by SIGKILL" in err
    assert err.endswith(" name=dies --processes 2 --resume\n")
    assert "Traceback" not in err
    keys = (*LONG, "name=dies")
    for count in (1, 4):
        again = home / f"again-{count}"
        shutil.copytree(home / "runs" / "dies", again)
        assert together(count, home / "tiny.toml", keys, again, True) == [""] * count
        assert_alike(again, whole)


@pytest.mark.distributed
@pytest.mark.slow
def test_an_interrupt_saves_once_and_the_run_goes_on(
    home: Path, whole: Path, two_processes: Callable[..., Any]
) -> None:
    command = two_processes("stops")
    processes = of_run(command)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate()
    assert command.returncode == 130
    assert out == ""
    (clock,) = re.findall(r"stopped after (\d+) images, all saved; go on with:\n", err)
    assert err.endswith(" name=stops --processes 2 --resume\n")
    assert "Traceback" not in err
    assert not any(process.is_running() for process in processes)
    folder = home / "runs" / "stops"
    assert max(folder.glob("checkpoints/*.pt")).stem == f"{int(clock):012}"
    assert ModelFile.open(folder / "model.safetensors").header.images == int(clock) < 640
    train(read(home / "tiny.toml", (*LONG, "name=stops")), folder, resume=True)
    assert_alike(folder, whole)


@pytest.mark.distributed
def test_what_all_processes_have_to_say_is_said_once(home: Path) -> None:
    words = ("run", "tiny.toml", "model.cod=3", "--processes", "2")
    out, err = (command := begun(home, *ebgan_kit(*words))).communicate()
    assert command.returncode == 2
    assert (out, err) == (
        "",
        "ebgan-kit: tiny.toml: [model] has no key 'cod'; did you mean 'code'?\n",
    )


@pytest.mark.distributed
@pytest.mark.slow
def test_two_launchers_meet(home: Path, short: Path) -> None:
    """Two hosts, here two folders: only the first process's has the run."""
    meeting = (
        "--nnodes",
        "2",
        "--nproc-per-node",
        "1",
        "--rdzv-id",
        "tiny",
        "--rdzv-backend",
        "c10d",
        "--rdzv-endpoint",
        f"127.0.0.1:{free_port()}",
        "--local-addr",
        "127.0.0.1",
    )
    command = (sys.executable, "-m", "torch.distributed.run", *meeting,
               "-m", "ebgan_kit", "run", "tiny.toml", *SHORT)  # fmt: skip
    hosts = [home / name for name in ("host-1", "host-2")]
    for host in hosts:
        host.mkdir()
        shutil.copy(home / "tiny.toml", host)
    started = [begun(host, *command) for host in hosts]
    ended = [one.communicate() for one in started]
    assert [one.returncode for one in started] == [0, 0], ended
    assert sorted(out for out, _ in ended) == ["", "wrote runs/tiny/model.safetensors\n"]
    (host,) = (host for host in hosts if (host / "runs").exists())
    assert_alike(host / "runs" / "tiny", short)


@pytest.mark.distributed
@pytest.mark.slow
def test_accelerates_launcher(home: Path, short: Path) -> None:
    command = (sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu",
               "--num_processes", "2", "--main_process_port", str(free_port()),
               "-m", "ebgan_kit", "run", "tiny.toml", *SHORT, "name=accelerated")  # fmt: skip
    one = begun(home, *command, ACCELERATE_USE_CPU="true")
    out, err = one.communicate()
    assert one.returncode == 0, err
    assert out == "wrote runs/accelerated/model.safetensors\n"
    assert "cleanup" not in err
    assert_alike(home / "runs" / "accelerated", short)


# What a launcher tells, and who speaks


@pytest.mark.parametrize(("said", "left"), [("4,2", "4"), (" 3 ", "3"), ("", None), ("all", None)])
def test_openmps_threads_may_be_a_list(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, said: str, left: str | None
) -> None:
    """Accelerate takes a number alone, in each of several processes on a CPU."""
    place = {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_PORT": free_port()}
    for name, value in place.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    monkeypatch.setattr(torch, "set_num_threads", Mock())  # that of all tests
    try:
        assert accelerator_for(tiny("train.device=cpu").train).num_processes == 1
    finally:
        shut_down()
    assert os.environ.get("OMP_NUM_THREADS") == left


def test_what_a_launcher_asks_of_those_left_behind_is_done_at_once() -> None:
    """There is nothing to be saved, and the one who asks knows why."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it

    def lose(*asked: signal.Signals) -> None:
        with interrupts():
            for one in asked:
                signal.raise_signal(one)
            raise Lost("another process has ended")

    try:
        with pytest.raises(KeyboardInterrupt):
            lose(signal.SIGINT)
        with pytest.raises(Lost):
            lose()
    finally:
        signal.signal(signal.SIGINT, before)


def test_processes_that_were_started_start_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert not launched(2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert launched(1)
    assert launched(2)
    with pytest.raises(UsageError, match="--processes 4: a launcher has started 2 already; leave"):
        launched(4)


@pytest.mark.parametrize(("rank", "waits"), [("0", []), ("1", [5])])
def test_the_first_speaks_at_once_and_others_after_it(
    monkeypatch: pytest.MonkeyPatch, rank: str, waits: list[int]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(launch.time, "sleep", waited.append)
    monkeypatch.setenv("LOCAL_RANK", rank)
    launch.let_the_first_speak()
    assert waited == waits
    launch.let_the_launcher_speak()
    assert waited == [*waits, 5, *waits]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (2, SystemExit, "2"),
        (130, SystemExit, "130"),
        (-9, Lost, "one was killed by SIGKILL (the system does that where memory runs out), and"),
        (-11, Lost, "one was killed by SIGSEGV, and the others were ended"),
        (1, Lost, "one broke down, as it says above, and the others were ended"),
    ],
)
def test_how_the_first_end_ends_all(status: int, kind: type[BaseException], words: str) -> None:
    found = launch._end_of("one", status)
    assert isinstance(found, kind)
    assert str(found).startswith(words)
