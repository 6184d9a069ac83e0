"""The precision of a run: what a recipe asks for, what the machine is made for, what is said."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from ebgan_kit.editing.editor import load
from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.watchers.jsonl import Jsonl
from ebgan_kit.recipe.device import in_words, settled
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.training.dry_run import check
from ebgan_kit.training.trainer import train

Tiny = Callable[..., Recipe]
Machine = Callable[[bool], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """`machine(True)`: from here on the CPU is one that computes in bf16 itself."""

    def become(made: bool) -> None:
        known = {"avx2": True, "avx512_bf16": made}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)

    return become


def precision_of(folder: Path) -> set[str]:
    """What a run's recipe and its model file say."""
    header = ModelFile.open(folder / "model.safetensors").header
    return {read(folder / "recipe.toml").train.precision, header.recipe["train"]["precision"]}


@pytest.mark.parametrize(("made", "precision"), [(True, "bf16"), (False, "float32")])
def test_auto_is_what_the_machine_is_made_for(
    tiny: Tiny, tmp_path: Path, machine: Machine, made: bool, precision: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    machine(made)
    recipe = tiny("train.precision=auto", "train.images=4", "watch.progress.use=progress")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = train(recipe, tmp_path / "run")
    assert precision_of(tmp_path / "run") == {precision}
    assert load(model, "cpu").precision == precision
    said = capfd.readouterr().err
    assert f"tiny: 4 images on this CPU in {precision}" in said
    assert ("since bf16 would be emulated" in said) is not made


def test_a_recipe_that_is_silent_says_auto(tiny_file: Path) -> None:
    text = tiny_file.read_text().replace('precision = "float32"\n', "")
    tiny_file.write_text(text)
    assert read(tiny_file).train.precision == "auto"


def test_bf16_that_is_emulated_is_said(tiny: Tiny, machine: Machine) -> None:
    machine(False)
    with pytest.warns(UserWarning, match=r"emulated by this CPU.*train\.precision=float32"):
        settings = settled(tiny("train.precision=bf16").train)
    assert settings.precision == "bf16"
    assert in_words(settings) == "on this CPU in bf16"


def test_fp16_is_refused_on_a_cpu(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fp16.*needs a GPU.*train\.precision=auto"):
        train(tiny("train.precision=fp16"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("made", "precision"), [(True, "bf16"), (False, "float32")])
def test_check_says_and_tries_it(
    tiny: Tiny, machine: Machine, made: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(
        "ebgan_kit.training.dry_run.objective",
        lambda *given: seen.append(torch.is_autocast_enabled("cpu")),
    )
    machine(made)
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(check(tiny("train.precision=auto")))
    assert f"It trains on this CPU in {precision}" in console.export_text()
    assert seen == [made, made]


@pytest.fixture
def halfway(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> Callable[..., Path]:
    """`halfway(True)`: a run that was interrupted on a machine made for bf16."""

    def begin(made: bool) -> Path:
        machine(made)

        def stop(self: Jsonl, clock: int) -> None:
            if clock == 8:
                import signal

                signal.raise_signal(signal.SIGINT)

        with monkeypatch.context() as patch:
            patch.setattr(Jsonl, "step", stop, raising=False)
            with pytest.raises(Stopped):
                train(tiny("train.precision=auto"), tmp_path / "run")
        return tmp_path / "run"

    return begin


@pytest.mark.parametrize(
    ("begun_on", "resumed_on", "overrides", "ends_in", "said"),
    [
        (True, False, ("train.precision=auto",), "bf16", ["emulated by this CPU"]),
        (
            True, False, ("train.precision=float32",), "float32",
            ["was begun in bf16, and goes on in float32"],
        ),
        (False, True, ("train.precision=auto",), "float32", ["set train.precision=bf16 to change"]),
        (False, True, ("train.precision=float32",), "float32", []),
        (True, True, ("train.precision=auto",), "bf16", []),
    ],
)  # fmt: skip
def test_a_run_goes_on_in_its_precision_on_another_machine(
    halfway: Callable[..., Path], tiny: Tiny, machine: Machine, begun_on: bool, resumed_on: bool,
    overrides: tuple[str, ...], ends_in: str, said: list[str],
) -> None:  # fmt: skip
    folder = halfway(begun_on)
    machine(resumed_on)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(tiny(*overrides), folder, resume=True)
    sentences = [str(w.message) for w in caught if w.category is UserWarning]
    assert len(sentences) == len(said)
    assert all(one in sentence for one, sentence in zip(said, sentences, strict=True))
    assert precision_of(folder) == {ends_in}


@pytest.mark.slow
def test_the_bench_says_what_it_came_to(tiny_file: Path) -> None:
    from ebgan_kit.evaluation.speed.bench import UNDISTURBED, started

    keys = ["train.precision=auto", *UNDISTURBED]
    with started("kit", tiny_file, tiny_file.parent / "kit", keys) as side:
        assert side.ask("precision") == settled(read(tiny_file, keys).train).precision


def test_hosts_of_several_kinds_are_told(tiny: Tiny) -> None:
    from ebgan_kit.training.run_folder import differences

    documents: list[Any] = [tiny(f"train.precision={p}").dump() for p in ("bf16", "float32")]
    assert differences(*documents) == ["train.precision"]


def test_a_machine_without_a_compiler_is_told_before_the_run(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As containers with a runtime alone are; torch looks for one in the first step."""

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any) -> Any:
            raise RuntimeError("No working C++ compiler found\n\nSet TORCHDYNAMO_VERBOSE=1")

        return called

    monkeypatch.setattr(torch, "compile", compiled)
    recipe, said = tiny("train.compile=true"), r"\(No working C\+\+ compiler found\): install a"
    with pytest.raises(UsageError, match=said):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(UsageError, match=said):
        check(recipe)
