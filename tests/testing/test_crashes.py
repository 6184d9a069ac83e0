"""Runs that are killed and resumed, and the tool that does it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from ebgan_kit.testing.crashes import moments
from ebgan_kit.testing.crashes.__main__ import main
from ebgan_kit.testing.crashes.differences import differences
from ebgan_kit.testing.crashes.moments import Deck, Delay, Moment, arm
from ebgan_kit.testing.crashes.report import Report


@pytest.mark.distributed
@pytest.mark.slow
def test_a_run_that_is_killed_and_resumed_ends_as_undisturbed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty kills, in one process and in two; documentation has the figure of a thousand."""
    monkeypatch.setattr(sys, "argv", ["crashes", "--kills", "20"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().out
    assert ended.value.code == 0, said
    assert "20 kills" in said
    assert "0 runs differ from the undisturbed one" in said
    for told in ("1 process", "2 processes", "of the checkpoint", "of the model file", "a random"):
        assert told in said


# The moments


def test_a_deck_has_every_moment_once_before_one_comes_again() -> None:
    one, other = Deck(3), Deck(3)
    drawn = [one.draw(2, 5.0) for _ in range(26)]
    assert drawn == [other.draw(2, 5.0) for _ in range(26)]
    assert drawn != [Deck(4).draw(2, 5.0) for _ in range(26)]
    names = {str(moment) for moment in drawn}
    assert len(names) == 13
    assert names == {str(one.draw(2, 5.0)) for _ in range(26)}
    delays = [moment for moment in drawn if isinstance(moment, Delay)]
    assert all(0 <= delay.seconds <= 5 and {*delay.victims} <= {0, 1} for delay in delays)


class Died(BaseException):
    """Instead of SIGKILL."""


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> Callable[[Moment], None]:
    """Arm a moment, at which Died is raised."""

    def die() -> None:
        raise Died

    monkeypatch.setattr(moments, "_die", die)
    for _, owner, name in moments._OPERATIONS:
        monkeypatch.setattr(owner, name, getattr(owner, name))  # to be put back
    return arm


def test_a_write_is_cut_where_the_bytes_had_come_so_far(
    deadly: Callable[[Moment], None], tmp_path: Path
) -> None:
    deadly(Moment("during", "write", "model file", 2, 0.5))
    weights = {"weight": torch.ones(99)}
    for name in ("other", ".model.safetensors.1"):
        safetensors.torch.save_file(weights, tmp_path / name)
    with pytest.raises(Died):
        safetensors.torch.save_file(weights, tmp_path / "model.safetensors")
    whole, cut = ((tmp_path / n).read_bytes() for n in ("other", "model.safetensors"))
    assert cut == whole[: len(whole) // 2]
    (tmp_path / "checkpoints").mkdir()
    torch.save(weights, tmp_path / "checkpoints" / "1.pt")


@pytest.mark.parametrize(("when", "there"), [("before", False), ("after", True)])
def test_a_death_before_or_after_a_renaming(
    deadly: Callable[[Moment], None], tmp_path: Path, when: str, there: bool
) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    torch.save({}, folder / "unfinished.part")
    deadly(Moment(when, "renaming", "checkpoint", 1, 0.5))
    with pytest.raises(Died):
        os.replace(folder / "unfinished.part", folder / "8.pt")
    assert (folder / "8.pt").exists() is there


# What differs


def _bit(path: Path) -> None:
    """One bit of one average."""
    state = torch.load(path / "checkpoints" / "000000000016.pt", weights_only=True)
    average = next(value for value in state["ema"].values() if value.dim() == 1)
    average.view(torch.uint8)[0] ^= 1
    torch.save(state, path / "checkpoints" / "000000000016.pt")


def _row(path: Path) -> None:
    rows = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    rows[1]["reconstruction"] += 1e-9
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def _rate(path: Path) -> None:
    text = (path / "metrics.jsonl").read_text()
    (path / "metrics.jsonl").write_text(
        text.replace('"images_per_second": ', '"images_per_second": 9')
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda path: None, []),
        (_rate, []),
        (_bit, ["checkpoints/000000000016.pt: 1 differ: ema."]),
        (_row, ["metrics.jsonl: 1 differ: 1.reconstruction"]),
        (lambda path: (path / "model.safetensors").unlink(), ["model.safetensors: missing"]),
        (lambda path: (path / ".recipe.0123abcd").touch(), [".recipe.0123abcd: left behind"]),
        (lambda path: (path / "recipe.toml").write_text("x"), ["recipe.toml: 1 differ: text"]),
    ],
    ids=["none", "rate", "bit", "row", "missing", "left", "recipe"],
)
def test_what_differs_is_named(
    tiny_run: Path, tmp_path: Path, change: Callable[[Path], Any], found: list[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    change(tmp_path / "run")
    told = differences(tmp_path / "run", tiny_run)
    assert len(told) == len(found)
    assert all(one.startswith(start) for one, start in zip(told, found, strict=True))


def test_the_model_files_words_are_compared(model_file: Path, att_file: Path) -> None:
    told = differences(att_file.parent, model_file.parent)
    assert any(one.startswith("model.safetensors: ") and "header" in one for one in told)


def test_a_run_that_differs_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.kills["during the write of the checkpoint", 2] += 3
    report.left["runs/.tiny.lock"] += 3
    report.differences.append("run-1: metrics.jsonl: missing")
    report.show()
    said = capsys.readouterr().out
    assert "3 kills left runs/.tiny.lock" in said
    assert "1 runs differ from the undisturbed one\nrun-1: metrics.jsonl: missing" in said
