"""Who looks at edits by default, who is named in their place, and what is said where nobody is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ebgan_kit.editing.classifier import Judge
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import eyes
from ebgan_kit.evaluation.eyes import OWN, Eyes, Named, eyes_for
from ebgan_kit.evaluation.metrics.dlib_recogniser import dlib_recogniser
from ebgan_kit.evaluation.metrics.efficientnet_lite0 import efficientnet_lite0
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.parts.data.celeba import Celeba
from ebgan_kit.types import Faces

Command = Callable[..., Any]

CONTROLS = {"edit", "exemplar", "pair"}


@pytest.fixture
def photographs(celeba: Path, model_file: Path, tmp_path: Path) -> Path:
    """A model of photographs: the tiny one, as if trained on all but the four of `train`."""
    header = ModelFile.open(model_file).header
    data = {"use": "celeba", "root": str(celeba), "size": 32, "partitions": ["valid", "test"]}
    file = tmp_path / "model.safetensors"
    write_model(
        file, load_file(model_file), replace(header, recipe={**header.recipe, "data": data})
    )
    return file


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eyes, "dlib_recogniser", lambda: None)
    monkeypatch.setattr(eyes, "efficientnet_lite0", lambda: None)
    monkeypatch.setattr(eyes, "fetched_before", lambda: None)


@pytest.fixture
def all_installed() -> None:
    if dlib_recogniser() is None or efficientnet_lite0() is None:
        pytest.skip("the extras 'identity' and 'features' are not installed")


class Unmarked:
    """Photographs without landmarks."""

    def __len__(self) -> int:
        return 4

    def __getitems__(self, rows: list[int]) -> Faces:
        return Faces(torch.zeros(len(rows), 3, 16, 16))


def test_drawn_faces_are_looked_at_by_nobody(nothing_installed: None) -> None:
    assert eyes_for(SimpleNamespace(truth=None), OWN, None, "cpu") == Eyes()


def test_without_the_extras_a_sentence_says_what_to_install(
    nothing_installed: None, quick: None, photographs: Path, command: Command
) -> None:
    answer = command("evaluate", photographs, "--json", "found.json")
    assert answer.status == 0, answer.err
    found = json.loads(Path("found.json").read_text())
    assert "identity" not in found
    assert "realism" not in found
    for figure, extra in (("identity", "identity"), ("realism", "features")):
        assert f"pip install 'ebgan-kit[{extra}]'" in found["not_measured"][figure]
        assert found["not_measured"][figure] in answer.out


def test_without_landmarks_a_sentence_says_so(nothing_installed: None) -> None:
    assert eyes_for(Unmarked(), OWN, None, "cpu").missing["identity"] == eyes.NO_LANDMARKS
    with pytest.raises(UsageError, match="'local-dir:anna' needs landmarks"):
        eyes_for(Unmarked(), Named(recogniser="local-dir:anna"), None, "cpu")


def test_a_judge_looks_where_no_features_are_installed(
    nothing_installed: None, celeba: Path
) -> None:
    judge = Judge((), 32, "conv of judge", None, "cpu")
    found = eyes_for(Celeba(root=celeba, size=32), OWN, judge, "cpu")
    assert found.features is not None
    assert found.features.name == "the last layer of the judge conv of judge"
    assert "realism" not in found.missing


def test_what_is_named_does_not_fit(photographs: Path, command: Command) -> None:
    pytest.importorskip("torch_fidelity")
    Path("mine.pth").write_text("not weights")
    for group in ("evaluate", "compare"):
        answer = command(group, photographs, "--inception", "mine.pth")
        assert answer.status == 2
        assert "mine.pth: does not hold Inception-v3's weights" in answer.err
        answer = command(group, photographs, "--recogniser", "local-dir:nowhere")
        assert answer.status == 2
        assert "recogniser 'local-dir:nowhere' cannot be loaded" in answer.err


def test_no_figures_are_written_over_inceptions_weights(
    photographs: Path, command: Command
) -> None:
    Path("mine.json").write_text("weights")
    for group in ("evaluate", "compare"):
        answer = command(group, photographs, "--inception", "mine.json", "--json", "mine.json")
        assert answer.status == 2
        assert Path("mine.json").read_text() == "weights"


@pytest.mark.slow
def test_photographs_are_looked_at_by_the_packages_networks(
    all_installed: None, quick: None, photographs: Path, command: Command
) -> None:
    answer = command("evaluate", photographs, "--json", "found.json")
    assert answer.status == 0, answer.err
    found = json.loads(Path("found.json").read_text())
    assert "not_measured" not in found
    identity = found["identity"]
    assert identity["recogniser"] == "dlib_face_recognition_resnet_model_v1"
    assert identity["threshold"] == 0.6
    assert identity["distance"].keys() == identity["below"].keys() == CONTROLS
    assert identity["errors"].keys() == {"same_above", "different_below"}
    assert found["realism"]["features"] == "EfficientNet-Lite0"
    assert found["realism"]["edit"]["frechet_distance"] > 0
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert any(line.startswith("source and exemplar (control) 0.") for line in lines)
    assert any(line.startswith("frechet distance") for line in lines)
    assert any("Of two untouched photographs of one person not measured" in line for line in lines)


@pytest.mark.slow
def test_a_comparison_of_photographs(
    all_installed: None, quick: None, photographs: Path, command: Command
) -> None:
    answer = command("compare", photographs, "--json", "found.json")
    assert answer.status == 0, answer.err
    found = json.loads(Path("found.json").read_text())
    assert found["identity"]["distance"].keys() == {"pair"}
    assert found["identity"]["below"].keys() == {"pair"}
    assert found["realism"].keys() == {"features", "count", "untouched"}
    for row in found["rows"]:
        assert row.keys() >= {"identity_distance", "identity_below", "exemplar_distance"}
        assert row.keys() >= {"frechet_distance", "kernel_distance"}
    rows = {row["name"]: row for row in found["rows"]}
    assert rows["unchanged"]["identity_distance"]["value"] == 0
    assert rows["unchanged"]["identity_below"]["value"] == 1
    untouched = found["realism"]["untouched"]["frechet_distance"]
    assert rows["unchanged"]["frechet_distance"]["value"] == pytest.approx(untouched)
    assert found["looks"].keys() == {"sharpness", "skin", "features"}
    assert rows["unchanged"]["nearer_than_source"]["value"] == 0
    assert rows["unchanged"].keys() >= {"likeness", "nearer_than_stranger"}
    assert answer.out.count("untouched (control)") == 3
