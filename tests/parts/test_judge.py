"""A judge: it learns what faces show, says so, and edits nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.models import convinced
from fixtures.recipes import JUDGE
from PIL import Image
from safetensors.torch import load_file

from ebgan_kit.editing.classifier import describe, load_judge
from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.images.photographs import read_photographs
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.models.att_ebgan import AttEbgan
from ebgan_kit.recipe.recipe import Recipe, parse, read
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Faces

Command = Callable[..., Any]


@pytest.fixture
def judging(tmp_path: Path) -> Callable[..., Recipe]:
    """The judge's recipe with keys set otherwise."""
    (tmp_path / "judge.toml").write_text(JUDGE)
    return lambda *overrides: read(tmp_path / "judge.toml", overrides)


# Training


def test_a_judge_learns(judging: Callable[..., Recipe], tmp_path: Path) -> None:
    keys = ("train.images=320", "train.batch=8", "train.log_every=40", "optimizer.model.lr=1e-2")
    model = train(judging(*keys), tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    terms = [json.loads(line)["classification"] for line in lines]
    assert terms[-1] < 0.7 * terms[0]
    assert load_judge(model).attributes == ("Mustache", "Male", "Smiling")


def test_a_judge_may_be_trained_on(
    judging: Callable[..., Recipe], tmp_path: Path, judge_file: Path
) -> None:
    still = ("optimizer.model.lr=1e-30", "train.ema_halflife=0", "train.images=4")
    tuned = train(judging(f"train.start={judge_file}", *still), tmp_path / "tuned")
    old, new = load_file(judge_file), load_file(tuned)
    assert old.keys() == new.keys()
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_a_judge_has_a_classifier_and_nothing_else(judge_file: Path) -> None:
    assert {name.partition(".")[0] for name in load_file(judge_file)} == {"classifier"}
    header = ModelFile.open(judge_file).header
    assert header.attributes == ["Mustache", "Male", "Smiling"]
    assert header.recipe["mask"] == {"use": "whole"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["encoder.use=conv"], "the model judge has no use for [encoder]: take it out"),
        (["model.attributes=Smiling,Bald"], "the data has no Bald; it has Smiling"),
    ],
)
def test_a_judge_that_cannot_be(
    command: Command, judging: Callable[..., Recipe], words: list[str], sentence: str
) -> None:
    answer = command("check", "judge.toml", *words)
    assert answer.status == 2
    assert sentence in answer.err


def test_a_judge_needs_a_classifier(command: Command, tmp_path: Path) -> None:
    start, end = JUDGE.index("[classifier]"), JUDGE.index("[loss.classification]")
    (tmp_path / "judge.toml").write_text(JUDGE[:start] + JUDGE[end:])
    answer = command("check", "judge.toml")
    assert answer.status == 2
    assert answer.err == "ebgan-kit: the model judge needs a table [classifier]\n"


def test_check_of_a_judge(command: Command, judging: Callable[..., Recipe]) -> None:
    answer = command("check", "judge.toml")
    assert answer.status == 0
    assert "all fits" in answer.out
    assert any(line.split()[:1] == ["classifier"] for line in answer.out.splitlines())


def test_a_judges_samples_are_drawn(judging: Callable[..., Recipe], tmp_path: Path) -> None:
    """Its default watchers must not stumble over a model that draws nothing."""
    document = judging("train.images=4").dump()
    del document["watch"]
    train(parse(document), tmp_path / "run")
    assert (tmp_path / "run" / "samples" / "000000004.png").exists()


# Model files


def test_an_editor_is_not_made_of_a_judge(judge_file: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(judge_file)
    assert str(caught.value) == f"{judge_file}: is a judge, and edits nothing"


@pytest.mark.parametrize(
    "words",
    [
        ["edit", "MODEL", "--source", "a.png", "--exemplar", "a.png", "--output", "b.png"],
        ["evaluate", "MODEL"],
        ["figures", "MODEL"],
    ],
)
def test_commands_that_edit_refuse_a_judge(
    command: Command, judge_file: Path, tmp_path: Path, words: list[str]
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    answer = command(*(judge_file if word == "MODEL" else word for word in words))
    assert answer.status == 2
    assert answer.err == f"ebgan-kit: {judge_file}: is a judge, and edits nothing\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_inspect_does_not_say_that_a_judge_edits(command: Command, judge_file: Path) -> None:
    answer = command("inspect", judge_file)
    assert answer.status == 0
    assert "Mustache, Male, Smiling" in answer.out
    assert "edits" not in answer.out.splitlines()[0]


def test_the_classifier_of_a_model_is_a_judge_too(att_file: Path, faces: Faces) -> None:
    judge, editor = load_judge(att_file), load(att_file, "cpu")
    assert judge.attributes == ("Smiling", "Mustache")
    assert (judge.size, judge.name) == (64, "conv of att")
    assert torch.equal(judge(faces.image), editor.judge(faces.image))
    assert load_judge(att_file).features(faces.image).shape == (16, 128)


def test_a_model_without_a_classifier_is_no_judge(model_file: Path, command: Command) -> None:
    answer = command("describe", model_file, "a.png")
    assert answer.status == 2
    assert answer.err == (
        f"ebgan-kit: {model_file}: has no classifier: train a judge by one of the recipes "
        "judge-*.toml\n"
    )


def test_weights_of_another_classifier_are_named(judge_file: Path, tmp_path: Path) -> None:
    weights = load_file(judge_file)
    del weights["classifier.head.bias"]
    write_model(tmp_path / "other", weights, ModelFile.open(judge_file).header)
    with pytest.raises(UsageError, match="other: its classifier's weights are not its recipe's"):
        load_judge(tmp_path / "other")


# What it says


def test_probabilities_and_findings(judge_file: Path, tmp_path: Path, faces: Faces) -> None:
    logits = (math.log(3), -math.log(4), 0.1)
    judge = load_judge(convinced(judge_file, tmp_path / "sure", logits))
    expected = torch.tensor([0.75, 0.2, torch.tensor(0.1).sigmoid()])
    assert torch.allclose(judge(faces.image), expected.expand(16, -1))
    assert judge.finds(faces.image).tolist() == [[1, 0, 1]] * 16
    assert judge.opinion(faces.image[:1])[0]["Mustache"] == pytest.approx(0.75)
    assert list(judge.opinion(faces.image)[3]) == ["Mustache", "Male", "Smiling"]


def test_nothing_is_trained_in_a_judge(judge_file: Path, faces: Faces) -> None:
    judge = load_judge(judge_file)
    assert not judge.network.training
    assert not any(p.requires_grad for p in judge.network.parameters())
    together = judge(faces.image)
    assert together.shape == (16, 3)
    assert ((together > 0) & (together < 1)).all()
    assert torch.allclose(judge(faces.image[:1]), together[:1], atol=1e-5)


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Three photographs of different shapes."""
    paths = [tmp_path / f"{name}.png" for name in ("ann", "ben", "cem")]
    for number, path in enumerate(paths):
        Image.new("RGB", (64 + 20 * number, 90), (80 * number, 100, 150)).save(path)
    return paths


def test_describe_prints_how_sure_it_is_of_each_face(
    command: Command, judge_file: Path, photographs: list[Path], tmp_path: Path
) -> None:
    logits = (math.log(3), -math.log(4), 0.0)
    model = convinced(judge_file, tmp_path / "sure", logits)
    answer = command("describe", model, *(path.name for path in photographs))
    assert answer.status == 0
    rows = [line.split() for line in answer.out.splitlines()]
    assert rows == [
        ["attribute", "ann.png", "ben.png", "cem.png"],
        ["Mustache", "75%", "75%", "75%"],
        ["Male", "20%", "20%", "20%"],
        ["Smiling", "50%", "50%", "50%"],
    ]


def test_describe_sees_the_middle_of_each_photograph(
    judge_file: Path, photographs: list[Path]
) -> None:
    opinions = describe(judge_file, photographs)
    assert list(opinions) == [str(path) for path in photographs]
    judge = load_judge(judge_file)
    for path, opinion in zip(photographs, opinions.values(), strict=True):
        alone = judge(read_photographs([path], 64))[0]
        assert list(opinion.values()) == pytest.approx(alone.tolist(), abs=1e-5)
    assert len({tuple(opinion.values()) for opinion in opinions.values()}) == 3


def test_describe_names_every_broken_file(
    command: Command, judge_file: Path, photographs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("this is text")
    answer = command("describe", judge_file, "text.png", "ann.png", "nobody.png")
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.splitlines() == [
        "ebgan-kit: text.png does not decode (it is not an image)",
        "nobody.png does not decode (No such file or directory)",
    ]


def test_describe_of_a_file_that_is_damaged_inside(
    command: Command, judge_file: Path, photographs: list[Path], tmp_path: Path
) -> None:
    whole = photographs[0].read_bytes()
    (tmp_path / "damaged.png").write_bytes(whole[:60] + bytes(20) + whole[80:])
    answer = command("describe", judge_file, "ben.png", "damaged.png")
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: damaged.png")
    assert "Traceback" not in answer.err


# In a measurement


def test_a_judge_of_larger_faces_cannot_judge(
    command: Command, model_file: Path, judging: Callable[..., Recipe], tmp_path: Path
) -> None:
    judge = train(judging("data.size=128", "train.images=4"), tmp_path / "large")
    answer = command("evaluate", model_file, "--judge", judge, "--sheet", "sheet.png")
    assert answer.status == 2
    assert answer.err == (
        "ebgan-kit: the judge sees faces of 128 pixels and the model edits faces of 64: train a "
        "judge of that size, or of a smaller one\n"
    )
    assert not (tmp_path / "sheet.png").exists()


def test_a_judge_of_smaller_faces_sees_them_reduced(
    quick: None,
    command: Command,
    model_file: Path,
    judging: Callable[..., Recipe],
    tmp_path: Path,
    faces: Faces,
) -> None:
    file = train(judging("data.size=32", "train.images=4"), tmp_path / "small")
    words = ("--judge", file, "--sheet", "sheet.png", "--json", "figures.json")
    assert command("evaluate", model_file, "data.count=24", *words).status == 0
    assert json.loads((tmp_path / "figures.json").read_text())["attributes"]["transfer"]
    judge = load_judge(file)
    photograph = faces.image[0].add(1).mul(127.5).round().byte()
    Image.fromarray(photograph.permute(1, 2, 0).numpy()).save(tmp_path / "face.png")
    reduced = read_photographs([tmp_path / "face.png"], judge.size)
    seen, other = judge.features(faces.image[:2])
    assert torch.allclose(seen, judge.features(reduced)[0], atol=0.02)
    assert not torch.allclose(seen, other, atol=0.02)


def test_a_judge_says_what_edits_show(
    quick: None, command: Command, att_file: Path, judge_file: Path, tmp_path: Path
) -> None:
    words = ("--judge", judge_file, "--sheet", "sheet.png", "--json", "figures.json")
    answer = command("evaluate", att_file, "data.count=24", *words)
    assert answer.status == 0
    assert "By the judge" in answer.out
    found = json.loads((tmp_path / "figures.json").read_text())["attributes"]
    assert list(found["transfer"]) == ["Smiling", "Mustache", "mean"]
    assert list(found["leak"]) == ["Smiling", "Mustache", "mean"]
    assert list(found["crosstalk"]["Smiling"]) == ["Smiling", "Mustache"]
    assert list(found["judge"]["balanced"]) == ["Smiling", "Mustache", "mean"]


def test_a_judge_of_what_a_model_cannot_switch(
    quick: None, command: Command, model_file: Path, judge_file: Path, tmp_path: Path
) -> None:
    """Of the judge's attributes those count that show in the model's region: Male does not."""
    words = ("--judge", judge_file, "--sheet", "sheet.png", "--json", "figures.json")
    assert command("evaluate", model_file, "data.count=24", *words).status == 0
    found = json.loads((tmp_path / "figures.json").read_text())["attributes"]
    assert set(found) == {"transfer", "untouched", "judge"}
    assert list(found["transfer"]) == ["Mustache", "Smiling", "mean"]


def test_a_switch_that_the_judge_does_not_know_is_said(
    quick: None, command: Command, att_file: Path, judging: Callable[..., Recipe], tmp_path: Path
) -> None:
    judge = train(judging("model.attributes=Smiling", "train.images=4"), tmp_path / "small")
    words = ("--judge", judge, "--sheet", "sheet.png", "--json", "figures.json")
    answer = command("evaluate", att_file, "data.count=24", *words)
    assert answer.status == 0
    assert "warning: the judge does not know Mustache" in answer.err
    found = json.loads((tmp_path / "figures.json").read_text())
    assert list(found["attributes"]["transfer"]) == ["Smiling", "mean"]
    assert list(found["truth"]["transfer"]) == ["Smiling", "Mustache", "mean"]


def test_a_measured_model_knows_the_labels_of_its_faces(
    quick: None,
    att_file: Path,
    judge_file: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own attributes in its own order, and none of those that only the judge knows."""
    edit = AttEbgan.edit
    told: list[tuple[Faces, Faces]] = []

    def note(self: Any, source: Faces, exemplar: Faces, wanted: Any) -> Any:
        told.append((source, exemplar))
        return edit(self, source, exemplar, wanted)

    monkeypatch.setattr(AttEbgan, "edit", note)
    words = ("--judge", judge_file, "--sheet", "sheet.png")
    assert command("evaluate", att_file, "data.count=24", *words).status == 0
    data = Synthetic(size=64, count=24, partitions=("valid", "test"))
    columns = [data.attributes.index(name) for name in ("Smiling", "Mustache")]
    assert told
    for faces in (side for pair in told for side in pair):
        labels = data.__getitems__(faces.index.tolist()).attributes[:, columns]
        assert torch.equal(faces.attributes, labels)
    assert faces.attributes.any()


def test_a_recipe_is_read_without_what_a_judge_does_not_need(
    judge_file: Path, tmp_path: Path, faces: Faces
) -> None:
    """A judge of data or a loss of some plugin judges without that plugin."""
    header = ModelFile.open(judge_file).header
    recipe = {**header.recipe, "loss": {"glow": {"use": "glow"}}, "data": {"use": "elsewhere"}}
    write_model(tmp_path / "copy", load_file(judge_file), replace(header, recipe=recipe))
    assert load_judge(tmp_path / "copy")(faces.image).shape == (16, 3)
