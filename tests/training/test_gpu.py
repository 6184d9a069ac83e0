"""What only a GPU shows. Without one these tests are skipped, and pytest says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.photographs import box, changed, photograph
from fixtures.processes import together
from safetensors.torch import load_file

from ebgan_kit.editing.editor import load
from ebgan_kit.images.photographs import pixels
from ebgan_kit.parts.data.loading import read_faces
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.trainer import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here"),
]

Tiny = Callable[..., Recipe]

ON_GPU = "train.device=auto"


def newest(folder: Path) -> Path:
    return max((folder / "checkpoints").glob("*.pt"))


def alike(one: Path, other: Path) -> bool:
    """Whether two model files hold nearly the same weights."""
    mine, its = load_file(one), load_file(other)
    return all(torch.allclose(mine[name], its[name], atol=1e-3) for name in mine)


def test_fp16_goes_on_with_its_scale(tiny: Tiny, tmp_path: Path) -> None:
    keys = (ON_GPU, "train.precision=fp16")
    train(tiny(*keys, "train.images=8"), tmp_path / "run")
    state: dict[str, Any] = torch.load(newest(tmp_path / "run"), weights_only=True)
    state["scaler"]["scale"] = 8.0  # no scaler begins with it
    torch.save(state, newest(tmp_path / "run"))
    model = train(tiny(*keys), tmp_path / "run", resume=True)
    assert torch.load(newest(tmp_path / "run"), weights_only=True)["scaler"]["scale"] == 8
    assert all(weight.isfinite().all() for weight in load_file(model).values())


def test_an_edit_on_the_device(model_file: Path) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    mask = box(90, 80, 30, 30, 60, 60)
    there, here = (load(model_file, d).edit(source, exemplar, mask) for d in ("cuda", "cpu"))
    assert not changed(source, there)[pixels(mask) < 128].any()
    assert (pixels(there).int() - pixels(here).int()).abs().max() <= 2


def test_a_compiled_model_is_trained_alike(tiny: Tiny, tmp_path: Path) -> None:
    keys = (ON_GPU, "train.images=8")
    plain = train(tiny(*keys), tmp_path / "plain")
    assert alike(plain, train(tiny(*keys, "train.compile=true"), tmp_path / "compiled"))


@pytest.mark.distributed
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are no two GPUs here")
def test_two_gpus_train_as_one(tiny: Tiny, tiny_file: Path, tmp_path: Path) -> None:
    alone = train(tiny(ON_GPU), tmp_path / "alone")
    assert together(2, tiny_file, (ON_GPU,), tmp_path / "both") == ["", ""]
    assert alike(alone, tmp_path / "both" / "model.safetensors")


@pytest.mark.parametrize("workers", [0, 1])
def test_faces_are_read_into_pinned_memory(workers: int) -> None:
    faces = next(read_faces(Synthetic(size=32, count=8), [[0, 1]], workers, pinned=True))
    known = [getattr(faces, field.name) for field in fields(faces)]
    assert all(tensor.is_pinned() for tensor in known if isinstance(tensor, torch.Tensor))
