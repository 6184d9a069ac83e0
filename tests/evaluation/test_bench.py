"""What a recipe's speed is held against."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from fixtures.command import Answer
from fixtures.recipes import ATT
from PIL import Image
from torch import nn

from benchmarks import loader
from ebgan_kit.evaluation.speed import bench
from ebgan_kit.evaluation.speed.bare import bare
from ebgan_kit.evaluation.speed.roofline import floor, layers_of
from ebgan_kit.evaluation.speed.worker import Contestant
from ebgan_kit.parts.data.cache.pack import pack
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training import memory
from ebgan_kit.training.trainer import Training, train

Command = Callable[..., Answer]


def test_layers_are_counted_forward_and_backward() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    image = torch.ones(4, 3, 16, 16)
    layers = layers_of(lambda: network(image).sum().backward())
    wide, narrow = 2 * 4 * 16 * 16 * 3 * 8 * 9, 2 * 4 * 16 * 16 * 8 * 2
    # the image needs no gradient: the first layer's backward is of its weights alone
    assert [layer.operations for layer in layers] == [wide, narrow, 2 * narrow, wide]
    assert layers[0].bytes == 4 * (image.numel() + 8 * 3 * 9 + 8 + 4 * 8 * 16 * 16)
    assert torch.equal(layers[0].again(), network[0](image))


def test_the_floor_of_a_layer_is_what_it_lacks_most() -> None:
    network = nn.Conv2d(3, 8, 3)
    (layer,) = layers_of(lambda: network(torch.ones(1, 3, 16, 16)))
    slow, fast = {torch.float32: layer.operations / 2}, {torch.float32: 1e15}
    assert floor([layer, layer], slow, bandwidth=1e15) == pytest.approx(4)
    assert floor([layer, layer], fast, bandwidth=layer.bytes / 3) == pytest.approx(6)


def test_the_bare_step_is_the_kits_own(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    recipe = tiny(
        "train.max_grad_norm=1", "train.ema_halflife=0", "loss.reconstruction.region_share=0.5"
    )
    training = Training(recipe, tmp_path)
    _, faces, places = next(training.batches())
    steps = bare(recipe, faces, places)
    for clock in (4, 8):
        next(steps)
        training._train_on(faces, places)
        training.clock = clock
    theirs = steps.gi_frame.f_locals["networks"]
    for one, other in zip(
        training.networks.model.parameters(), theirs.model.parameters(), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-6)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds of a step or two."""
    measure = functools.partial(bench.bench, rounds=2, starts=2)
    monkeypatch.setattr(bench, "TURN", 0.01)
    monkeypatch.setattr(bench, "bench", measure)


@pytest.mark.usefixtures("hasty")
@pytest.mark.slow
def test_a_bench(tiny_file: Path, command: Command, tmp_path: Path) -> None:
    answer = command("bench", tiny_file, "--against", "plain", "--json", "speed.json")
    assert answer.status == 0, answer.err
    assert "share of the floor's speed" in answer.out
    found = json.loads((tmp_path / "speed.json").read_text())
    assert set(found["images_per_second"]) == {"kit", "bare", "plain"}
    figures = [
        *found["images_per_second"].values(), *found["speed_over"].values(),
        *found["machine"].values(), found["floor_share"], found["peak_memory_mib"],
        found["first_step_seconds"], found["edit_seconds"], found["edits_per_second"],
    ]  # fmt: skip
    assert all(0 < one["low"] <= one["value"] <= one["high"] for one in figures)
    assert found["floor_share"]["value"] < 1
    assert found["data_wait_share"]["low"] < 1
    assert not list(tmp_path.glob("runs*")), "a bench leaves no run behind"


def test_a_model_whose_switches_must_be_said_is_timed(
    tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    """It has no classifier, and an attribute that a mouth does not show."""
    recipe = tiny(*ATT[1:4], "model.attributes=Smiling,Eyeglasses", "mask.regions=components")
    assert Contestant("kit", recipe, tmp_path / "run").edit()["edit"] > 0


@pytest.mark.usefixtures("hasty")
@pytest.mark.slow
def test_a_bench_without_data(tiny_file: Path, command: Command) -> None:
    answer = command("bench", tiny_file, "data.use=celeba", "data.root=nowhere")
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: kit stopped before it was measured: data.root: ")


def test_packed_faces_are_read_beside_photographs(
    tiny_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for number in range(8):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(photographs / f"{number}.png")
    keys = ["data.use=folder", f"data.root={photographs}", "data.partitions=train"]
    file = pack(tiny_file, tmp_path / "faces.safetensors", keys)
    monkeypatch.setattr(sys, "argv", ["loader", str(tiny_file), str(file), *keys[:2]])
    monkeypatch.setattr(loader, "COUNTS", {"photographs": 8, "packed": 16})
    loader.main()
    rates = re.findall(r": ([\d,]+) \(", capsys.readouterr().out)
    assert len(rates) == 3
    assert all(int(rate.replace(",", "")) > 0 for rate in rates)


PAGES = """
import resource, sys
if sys.argv[1] == "keeps":
    from ebgan_kit.training.memory import keep_freed_memory
    keep_freed_memory()
bytearray(2**26)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    bytearray(b"x") * 2**26
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what glibc does")
def test_freed_memory_is_used_again() -> None:
    """Large blocks are not given back to the system, whose pages would have to be cleared anew."""
    pages = {
        how: int(subprocess.check_output([sys.executable, "-c", PAGES, how]))
        for how in ("keeps", "gives")
    }
    assert pages["keeps"] < pages["gives"] / 4


def test_only_the_command_changes_how_its_process_keeps_memory(
    tiny_file: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(memory, "keep_freed_memory", lambda: asked.append("kept"))
    train(tiny_file, tmp_path / "run")
    assert asked == []
    assert command("run", tiny_file).status == 0
    assert asked == ["kept"]
