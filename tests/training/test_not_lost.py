"""A run that cannot be lost: what is saved stays, and what breaks a run is said with a way on."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.runs import rows, same, state, weights

from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.files.claims import claimed
from ebgan_kit.interrupts import interrupts
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.parts.data.cache.pack import pack
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.watchers.jsonl import Jsonl
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.step import Step
from ebgan_kit.training.trainer import train

Tiny = Callable[..., Recipe]


def at_step(number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something when the watchers are told of a step that ends at this clock."""

    def step(self: Jsonl, now: int) -> None:
        if now == number:
            act()

    monkeypatch.setattr(Jsonl, "step", step, raising=False)


def poisoned_from(clock: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the step that begins at this clock leave a NaN among the weights."""
    train_on = Step.__call__

    def step(self: Step, pieces: Any, now: int, model_turn: bool = True) -> None:
        train_on(self, pieces, now, model_turn)
        if now == clock:
            self.model.parameters[0].data[0] = torch.nan

    monkeypatch.setattr(Step, "__call__", step)


# Numbers that run away


@pytest.mark.parametrize("interrupted", [False, True])
def test_no_nan_is_saved_over_what_is_good(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    poisoned_from(8, monkeypatch)
    if interrupted:
        at_step(12, monkeypatch, lambda: signal.raise_signal(signal.SIGINT))
    every = 1000 if interrupted else 4
    recipe = tiny("train.log_every=1000", f"train.checkpoint_every={every}", "train.keep=4")
    run = tmp_path / "run"
    with pytest.raises(UsageError, match="NaN or infinity, and is not saved") as told:
        train(recipe, run)
    kept = sorted((run / "checkpoints").glob("*.pt")) if not interrupted else []
    assert [path.stem[-2:] for path in kept] == ([] if interrupted else ["04", "08"])
    if kept:
        assert f"{kept[-1]} stands" in str(told.value)
        assert f"train.start={run / 'model.safetensors'}" in str(told.value)
        assert ModelFile.open(run / "model.safetensors").header.images == 8
    else:
        assert "nothing was saved before" in str(told.value)
        assert not (run / "model.safetensors").exists()


def test_a_term_that_runs_away_names_what_stands(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned_from(8, monkeypatch)
    recipe = tiny("train.log_every=16", "train.checkpoint_every=8")
    stands = tmp_path / "run" / "checkpoints" / "000000000008.pt"
    with pytest.raises(UsageError, match=f"is no number any more.*{stands} stands"):
        train(recipe, tmp_path / "run")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_model_file_that_is_not_finite_is_refused(
    tiny_run: Path, tmp_path: Path, dtype: torch.dtype, value: float
) -> None:
    header = ModelFile.open(tiny_run / "model.safetensors").header
    found = {name: tensor.to(dtype) for name, tensor in weights(tiny_run).items()}
    write_model(tmp_path / "good.safetensors", found, header)
    assert ModelFile.open(tmp_path / "good.safetensors").shapes
    name = max(found)
    found[name].view(-1)[-1] = value
    write_model(tmp_path / "bad.safetensors", found, header)
    with pytest.raises(UsageError, match=f"bad.safetensors: its weights {name} hold NaN"):
        ModelFile.open(tmp_path / "bad.safetensors")


def test_a_checkpoint_that_is_not_finite_is_not_resumed_from(tiny: Tiny, tmp_path: Path) -> None:
    """As version 0.4 could leave one."""
    train(tiny("train.images=8"), tmp_path / "run")
    newest = max((tmp_path / "run" / "checkpoints").glob("*.pt"))
    told = state(tmp_path / "run")
    next(iter(told["ema"].values())).fill_(torch.nan)
    torch.save(told, newest)
    with pytest.raises(UsageError, match=r"cannot be resumed from \(ema hold NaN.*delete it"):
        train(tiny(), tmp_path / "run", resume=True)


# One folder, one run


def test_two_runs_never_share_a_folder(tiny: Tiny, tmp_path: Path) -> None:
    for resume in (False, True):
        with (
            claimed(tmp_path / "run"),
            pytest.raises(UsageError, match="run: another process is writing there"),
        ):
            train(tiny(), tmp_path / "run", resume=resume)
    assert not (tmp_path / "run").exists()
    train(tiny("train.images=4"), tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_two_never_pack_into_one_file(tiny_file: Path, tmp_path: Path) -> None:
    with (
        claimed(tmp_path / "faces.safetensors"),
        pytest.raises(UsageError, match=r"faces\.safetensors: another process is writing there"),
    ):
        pack(tiny_file, tmp_path / "faces.safetensors")
    pack(tiny_file, tmp_path / "faces.safetensors")


@pytest.mark.parametrize("keys", [[], ["train.images=32"]])
def test_a_rank_that_is_left_over_makes_no_second_process(
    tiny: Tiny, tiny_run: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str]
) -> None:
    before = {path: path.read_bytes() for path in tiny_run.rglob("*") if path.is_file()}
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(UsageError, match="exists: go on with it by --resume"):
        train(tiny(*keys), tiny_run)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="and no LOCAL_RANK, MASTER_ADDR, MASTER_PORT: unset them"):
        train(tiny(*keys), tiny_run)
    assert {path: path.read_bytes() for path in tiny_run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("left", ["checkpoints", "model.safetensors", "metrics.jsonl"])
def test_a_folder_with_anything_of_a_run_is_not_written_over(
    tiny: Tiny, tmp_path: Path, left: str
) -> None:
    """For instance one that has lost its recipe."""
    train(tiny("train.images=8"), tmp_path / "run")
    for path in (tmp_path / "run").iterdir():
        if path.name != left:
            path.rename(tmp_path / path.name)
    with pytest.raises(UsageError, match="run exists: set name=… for another run"):
        train(tiny(), tmp_path / "run")
    with pytest.raises(UsageError, match=r"has lost its recipe\.toml"):
        train(tiny(), tmp_path / "run", resume=True)
    assert [path.name for path in (tmp_path / "run").iterdir()] == [left]


def test_a_model_without_checkpoints_is_not_begun_anew(tiny: Tiny, tmp_path: Path) -> None:
    train(tiny("train.images=8"), tmp_path / "run")
    for path in (tmp_path / "run" / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match=r"holds nothing to resume from.*train\.start="):
        train(tiny(), tmp_path / "run", resume=True)
    assert ModelFile.open(tmp_path / "run" / "model.safetensors").header.images == 8


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("file/run", "file: cannot be written: "),
        ("x" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_folder_that_cannot_be_made_is_said_before_the_work(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, said: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(Step, "__call__", None)
    with pytest.raises(UsageError, match=said):
        train(tiny(), tmp_path / folder)


# What ends a run


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_asks_a_run_to_end_saves_it(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at_step(4, monkeypatch, lambda: signal.raise_signal(getattr(signal, name)))
    before = signal.signal(getattr(signal, name), signal.SIG_DFL)  # nohup may have it ignored
    with pytest.raises(Stopped, match="stopped after 4 images, all saved"):
        train(tiny(), tmp_path / "run")
    signal.signal(getattr(signal, name), before)
    assert state(tmp_path / "run")["clock"] == 4


def test_what_is_ignored_stays_ignored() -> None:
    """As nohup has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts() as interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert not interrupted()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_watcher_that_cannot_write_ends_a_run_that_is_saved(
    tiny: Tiny, tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its terminal was closed, or what read its lines has ended: `ebgan-kit run … 2>&1 | head`."""

    def broken() -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    with monkeypatch.context() as patch:
        at_step(8, patch, broken)
        with pytest.raises(UsageError, match=r"Broken pipe.*stopped after 8 images, all saved"):
            train(tiny(), tmp_path / "run")
    train(tiny(), tmp_path / "run", resume=True)
    assert rows(tmp_path / "run") == rows(tiny_run)
    assert same(state(tmp_path / "run"), state(tiny_run))


def test_a_face_that_cannot_be_read_ends_a_run_that_is_saved(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, calls = Synthetic.__getitems__, []

    def read(self: Synthetic, indices: Sequence[int]) -> Any:
        calls.append(indices)
        if len(calls) == 4:  # the first are those that the run looks at before it begins
            raise UsageError("me.jpg does not decode")
        return drawn(self, indices)

    monkeypatch.setattr(Synthetic, "__getitems__", read)
    with pytest.raises(UsageError, match=r"me\.jpg does not decode\nstopped after 8 images, all"):
        train(tiny("data.count=64"), tmp_path / "run")
    assert state(tmp_path / "run")["clock"] == 8


@pytest.mark.parametrize(
    "problem", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("write failed")]
)
def test_a_disk_that_is_full_leaves_what_was_saved(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    save = torch.save

    def full(told: dict[str, Any], path: Path) -> None:
        save(told, path)
        if told["clock"] > 8:
            raise problem

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UsageError, match=r"cannot be written \(.*0008\.pt stands"):
        train(tiny(), tmp_path / "run")
    assert [p.name for p in (tmp_path / "run" / "checkpoints").iterdir()] == ["000000000008.pt"]


def test_a_run_in_a_thread(tiny: Tiny, tmp_path: Path, tiny_run: Path) -> None:
    """As a notebook or a window starts one."""
    thread = threading.Thread(target=train, args=(tiny(), tmp_path / "run"))
    thread.start()
    thread.join()
    assert same(weights(tmp_path / "run"), weights(tiny_run))


# What a resumed run finds


@pytest.mark.parametrize("cut", ['{"images": 8, "recon', "\0\0\0\0", "[]", '{"images": "x"}'])
def test_a_line_that_was_cut_is_written_again(
    tiny: Tiny, tmp_path: Path, tiny_run: Path, cut: str
) -> None:
    train(tiny("train.images=8"), tmp_path / "run")
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write(cut)
    train(tiny(), tmp_path / "run", resume=True)
    assert rows(tmp_path / "run") == rows(tiny_run)


@pytest.mark.parametrize("model", ["missing", "older"])
def test_what_a_kill_in_the_last_save_cut_short_is_done(
    tiny: Tiny, tmp_path: Path, tiny_run: Path, model: str
) -> None:
    """The newest checkpoint stood; drafts, an older model file and a checkpoint too many did."""
    train(tiny("train.images=8"), tmp_path / "run")
    shutil.copy(max((tiny_run / "checkpoints").iterdir()), tmp_path / "run" / "checkpoints")
    shutil.copy(tiny_run / "metrics.jsonl", tmp_path / "run")
    if model == "missing":
        (tmp_path / "run" / "model.safetensors").unlink()
    drafts = [".recipe.toml.0123abcd", ".model.safetensors.00000000", "samples/.8.png.89abcdef"]
    others = [".README.md", ".model.safetensors.old"]
    (tmp_path / "run" / "samples").mkdir()
    for name in (*drafts, *others, "checkpoints/000000000004.pt", "checkpoints/unfinished.part"):
        (tmp_path / "run" / name).touch()
    train(tiny(), tmp_path / "run", resume=True)
    assert same(weights(tmp_path / "run"), weights(tiny_run))
    assert ModelFile.open(tmp_path / "run" / "model.safetensors").header.images == 16
    assert same(state(tmp_path / "run"), state(tiny_run))
    found, whole = ({p.relative_to(f) for p in f.rglob("*")} for f in (tmp_path / "run", tiny_run))
    assert found - whole == {Path(name) for name in (*others, "samples")}
    assert found >= whole


def test_a_stop_between_two_reports_changes_neither(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny("train.log_every=16", "train.images=32")
    train(recipe, tmp_path / "whole")
    with monkeypatch.context() as patch:
        at_step(12, patch, lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(Stopped):
            train(recipe, tmp_path / "halves")
    train(recipe, tmp_path / "halves", resume=True)
    assert rows(tmp_path / "halves") == rows(tmp_path / "whole")


def test_a_checkpoint_of_an_older_version_is_resumed_from(
    tiny: Tiny, tmp_path: Path, tiny_run: Path
) -> None:
    """It holds no means."""
    train(tiny("train.images=8"), tmp_path / "run")
    told = state(tmp_path / "run")
    del told["means"]
    torch.save(told, max((tmp_path / "run" / "checkpoints").glob("*.pt")))
    train(tiny(), tmp_path / "run", resume=True)
    assert rows(tmp_path / "run") == rows(tiny_run)
    assert same(weights(tmp_path / "run"), weights(tiny_run))
