"""The paper's figures: each model draws its own, of pairs that show what the figure is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from ebgan_kit.editing.editor import load
from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation.paper_figures import figures
from ebgan_kit.images.levels import to_bytes
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.region import area

Command = Callable[..., Any]

FEW = ["data.count=24"]


def a_model_of(model: Path, copy: Path, **changed: Any) -> Path:
    """A copy of a model file whose recipe says something else."""
    header = ModelFile.open(model).header
    attributes = changed.pop("attributes", header.attributes)
    recipe = {**header.recipe, **changed}
    if attributes:
        recipe["model"] = {**recipe["model"], "attributes": attributes}
    header = replace(header, recipe=recipe, attributes=attributes)
    write_model(copy, load_file(model), header)
    return copy


def region(*names: str) -> dict[str, Any]:
    return {"use": "region", "regions": list(names)}


@dataclass
class Sheet:
    """What a figure was drawn of."""

    columns: dict[str, Tensor]
    path: Path
    rows: int
    below: str


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """Figures are noted down and not drawn."""
    found: list[Sheet] = []

    def note(columns: Sequence[tuple[str, Tensor]], path: Path, rows: int, below: str) -> None:
        found.append(Sheet(dict(columns), path, rows, below))

    monkeypatch.setattr("ebgan_kit.evaluation.paper_figures.sheet", note)
    return found


# Which figure it is

WHERE = {
    "mouth": (5, "mouth"),
    "components": (6, "eyes, brows, nose and mouth"),
    "face": (7, "whole face"),
}


@pytest.mark.parametrize("name", WHERE)
def test_a_model_draws_the_figure_of_its_region(
    model_file: Path, tmp_path: Path, drawn: list[Sheet], name: str
) -> None:
    number, words = WHERE[name]
    model = a_model_of(model_file, tmp_path / "model", mask=region(name))
    (path,) = figures([model], FEW, tmp_path / "out", rows=3)
    assert path == tmp_path / "out" / f"figure-{number}-tiny.png"
    (sheet,) = drawn
    assert sheet.path == path
    assert list(sheet.columns) == ["source", "exemplar", "edit", "truth"]
    assert sheet.below == (
        f"As figure {number} of the paper: the {words} of the exemplar on the source. By tiny, "
        "trained on 16 images."
    )


@pytest.mark.parametrize("name", ["mouth", "components", "face"])
def test_a_model_that_switches_attributes_draws_figure_8(
    att_file: Path, tmp_path: Path, drawn: list[Sheet], name: str
) -> None:
    model = a_model_of(att_file, tmp_path / "model", mask=region(name))
    (path,) = figures([model], FEW, tmp_path)
    assert path.name == "figure-8-att.png"
    (sheet,) = drawn
    assert list(sheet.columns) == [
        "source", "exemplar", "edit", "truth", "no Mustache", "its truth",
    ]  # fmt: skip
    assert sheet.below == (
        f"As figure 8 of the paper: the {WHERE[name][1]} of the exemplar on the source, and the "
        "same with Mustache switched off. By att, trained on 16 images."
    )


def test_a_figure_is_a_picture(model_file: Path, tmp_path: Path) -> None:
    paths = list(figures([model_file], FEW, tmp_path / "new" / "folder", rows=2))
    assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["figure-5-tiny.png"]
    page = Image.open(paths[0])
    assert page.width == 4 * (128 + 4) + 4
    assert page.height > 2 * (128 + 4)


def test_two_models_give_two_figures(
    model_file: Path, att_file: Path, tmp_path: Path, command: Command
) -> None:
    words = ("--data", "data.count=24", "--rows", 2, "--output", "out")
    answer = command("figures", model_file, att_file, *words)
    assert answer.status == 0
    names = ["figure-5-tiny.png", "figure-8-att.png"]
    assert answer.out.splitlines() == [f"wrote out/{name}" for name in names]
    assert sorted(path.name for path in Path("out").iterdir()) == names


def test_two_models_of_one_name_are_not_drawn_over_each_other(
    model_file: Path, tmp_path: Path, drawn: list[Sheet]
) -> None:
    other = a_model_of(model_file, tmp_path / "model", seed=5)
    try:
        paths = list(figures([model_file, other], FEW, tmp_path / "out"))
    except UsageError:
        assert drawn == []
    else:
        assert len(set(paths)) == 2


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (region("nose"), "edits nose, and the paper's figures show mouth, components, face"),
        (region("mouth", "nose"), "edits mouth, nose, and the paper's figures show mouth,"),
        ({"use": "freeform"}, "edits no named region, and the paper's figures show mouth,"),
    ],
)
def test_a_region_of_no_figure_is_said_before_anything_is_drawn(
    model_file: Path, tmp_path: Path, command: Command, mask: dict[str, Any], words: str
) -> None:
    model = a_model_of(model_file, tmp_path / "model", mask=mask)
    answer = command("figures", model_file, model, "--data", "data.count=24")
    assert answer.status == 2
    assert answer.err.startswith(f"ebgan-kit: {model}: {words}")
    assert len(answer.err.splitlines()) == 1
    assert answer.out == ""
    assert list(tmp_path.iterdir()) == [model]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.safetensors"], "nothing.safetensors: no such file"),
        (["MODEL", "--data", "model.code=3"], "only keys of [data] and [mask] can be set"),
        (["MODEL", "--data", "data.size=32"], "the model edits faces of 64 pixels"),
        (["MODEL", "--data", "data.count=1"], "there are 2 faces to measure on"),
    ],
)
def test_a_wrong_figure(
    command: Command, model_file: Path, words: list[str], sentence: str
) -> None:
    answer = command("figures", *(model_file if word == "MODEL" else word for word in words))
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_figures_of_data_whose_plugin_is_not_installed(
    model_file: Path, tmp_path: Path, command: Command
) -> None:
    """The model is there, and what it was trained on is not to be had."""
    model = a_model_of(model_file, tmp_path / "model", data={"use": "elsewhere", "size": 64})
    header = replace(
        ModelFile.open(model).header, plugins={"others": "1.2"}, packages={"others": "its-others"}
    )
    write_model(model, load_file(model), header)
    answer = command("figures", model)
    assert answer.status == 2
    missing, way_out = answer.err.splitlines()
    assert missing.startswith("ebgan-kit: tiny (its recipe): [data] use: no data is called 'elsewh")
    assert way_out == (
        "tiny: it was made with the plugin others 1.2, which is not installed: pip install "
        "its-others==1.2"
    )


# What it shows


def people(images: Tensor) -> list[int]:
    """Which of the drawn faces these are, by their pixels."""
    data = Synthetic(size=64, count=24, partitions=("valid", "test"))
    known = to_bytes(data.__getitems__(range(48)).image).flatten(1)
    shown = to_bytes(images).flatten(1)
    return [(known == face).all(1).nonzero().item() for face in shown]


def test_the_faces_of_a_figure_are_held_out_and_two_people(
    model_file: Path, tmp_path: Path, drawn: list[Sheet]
) -> None:
    list(figures([model_file], FEW, tmp_path, rows=8))
    list(figures([model_file], FEW, tmp_path, rows=8, seed=1))
    first, second = ([people(s.columns[c]) for c in ("source", "exemplar")] for s in drawn)
    for sources, exemplars in (first, second):
        assert len(sources) == len(exemplars) == 8
        assert not any(a == b for a, b in zip(sources, exemplars, strict=True))
    assert first != second


@pytest.mark.parametrize("attributes", [("Smiling", "Mustache"), ("Mustache", "Smiling")])
def test_figure_8_leaves_out_what_only_the_exemplar_has(
    att_file: Path, tmp_path: Path, drawn: list[Sheet], attributes: tuple[str, ...]
) -> None:
    model = a_model_of(att_file, tmp_path / "model", attributes=list(attributes))
    list(figures([model], FEW, tmp_path, rows=5))
    columns, data = drawn[0].columns, Synthetic(size=64, count=24, partitions=("valid", "test"))
    assert 0 < len(columns["source"]) <= 5
    source, exemplar = (data.__getitems__(people(columns[c])) for c in ("source", "exemplar"))
    column = Synthetic.attributes.index("Mustache")
    assert exemplar.attributes[:, column].all()
    assert not source.attributes[:, column].any()
    assert torch.equal(columns["truth"], data.truth(source, exemplar, ["mouth"]))
    without = data.truth(source, exemplar, ["mouth"], ["Mustache"])
    assert torch.equal(columns["its truth"], without)
    assert (columns["truth"] != without).flatten(1).any(1).all()
    # The edits are those of the exemplar's own labels, with the one and without.
    editor = load(model, "cpu")
    source = replace(source, region=area(source, ["mouth"]))
    exemplar = replace(exemplar, region=area(exemplar, ["mouth"]))
    labels = exemplar.attributes[:, [Synthetic.attributes.index(name) for name in attributes]]
    gone = labels.clone()
    gone[:, attributes.index("Mustache")] = 0
    for name, wanted in (("edit", labels), ("no Mustache", gone)):
        edited = editor.complete(source, exemplar, wanted).image
        assert torch.allclose(columns[name], edited, atol=1e-5)
    outside = (source.region == 0).expand_as(source.image)
    assert torch.equal(columns["no Mustache"][outside], source.image[outside])


def test_a_model_without_a_moustache_leaves_out_its_first_attribute(
    att_file: Path, tmp_path: Path, drawn: list[Sheet]
) -> None:
    model = a_model_of(att_file, tmp_path / "model", attributes=["Goatee", "Smiling"])
    list(figures([model], FEW, tmp_path))
    assert "no Goatee" in drawn[0].columns
    assert "with Goatee switched off" in drawn[0].below


def test_faces_that_do_not_show_what_a_figure_is_for(
    att_file: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*given: Any) -> Any:
        faces = read(*given)
        return replace(faces, attributes=torch.zeros_like(faces.attributes))

    read = Synthetic.__getitems__
    monkeypatch.setattr(Synthetic, "__getitems__", nobody)
    answer = command("figures", att_file, "--data", "data.count=24")
    assert answer.status == 2
    assert "no pair of these faces shows what the figure is for: take other data" in answer.err


def test_data_without_a_truth_has_no_column_for_it(
    model_file: Path, att_file: Path, tmp_path: Path, drawn: list[Sheet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delattr(Synthetic, "truth")
    list(figures([model_file, att_file], FEW, tmp_path))
    assert [list(sheet.columns) for sheet in drawn] == [
        ["source", "exemplar", "edit"],
        ["source", "exemplar", "edit", "no Mustache"],
    ]


def test_one_person_is_not_his_own_exemplar(
    model_file: Path, tmp_path: Path, drawn: list[Sheet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is known who is who: here two faces in three are the same person's."""

    def known(*given: Any) -> Any:
        faces = read(*given)
        return replace(faces, identity=(faces.index % 3).clamp(max=1))

    read = Synthetic.__getitems__
    monkeypatch.setattr(Synthetic, "__getitems__", known)
    list(figures([model_file], FEW, tmp_path, rows=64))
    names = [people(drawn[0].columns[column]) for column in ("source", "exemplar")]
    who = [[min(face % 3, 1) for face in column] for column in names]
    assert len(who[0]) > 5
    assert all(a != b for a, b in zip(*who, strict=True))
