"""A model as a graph: it edits as the model does, outside the kit, and says what it is."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.recipes import ATT, TINY
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

import ebgan_kit
from benchmarks import exported as exported_bench
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.export import export
from ebgan_kit.errors import UsageError
from ebgan_kit.files.writing import fingerprint
from ebgan_kit.images.levels import pixels, to_bytes
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.modelfile.header import Header
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.encoders.conv import Conv
from ebgan_kit.parts.masks.region import area
from ebgan_kit.recipe.recipe import Recipe, parse, read
from ebgan_kit.registry.part import KIT
from ebgan_kit.registry.plugins import registry
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Edit, Faces

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra export is not installed")

PLUGINS = Path(__file__).parents[2] / "plugins"

Graphs = Callable[..., dict[str, Tensor]]
"""A written graph in use: named tensors in and out."""


def in_onnxruntime(file: Path) -> Graphs:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(**given: Tensor) -> dict[str, Tensor]:
        found = session.run(names, {name: tensor.numpy() for name, tensor in given.items()})
        return dict(zip(names, map(torch.from_numpy, found), strict=True))

    return run


def in_torch(file: Path) -> Graphs:
    return torch.export.load(file).module()


def exported(model: Path, folder: Path) -> Graphs:
    return in_onnxruntime(export(model, folder / "model.onnx"))


def pairs(editor: Editor, count: int) -> tuple[Faces, Faces]:
    """Drawn faces, each with a region of another kind."""
    size = editor.header.size
    faces = Synthetic(size=size, count=2 * count).__getitems__(range(2 * count))
    landmarks = (editor.template * size).expand(2 * count, 5, 2)
    faces = Faces(faces.image, None, None, landmarks)
    region = torch.cat([REGIONS[n % len(REGIONS)](faces[n : n + 1]) for n in range(2 * count)])
    faces = replace(faces, region=region)
    return faces[:count], faces[count:]


def box(left: float, top: float, right: float, bottom: float) -> Callable[[Faces], Tensor]:
    """A region by its edges, in units of the image."""

    def region(face: Faces) -> Tensor:
        filled, size = torch.zeros_like(face.image[:, :1]), face.image.shape[-1]
        filled[..., int(top * size) : int(bottom * size), int(left * size) : int(right * size)] = 1
        return filled

    return region


REGIONS: list[Callable[[Faces], Tensor]] = [
    lambda face: area(face, ["mouth"]),
    box(0, 0, 0.21, 0.4),  # in a corner, of an odd width
    lambda face: area(face, ["eyes", "nose"]),
    box(0.7, 0.42, 1, 1),
    lambda face: area(face, ["face"]),
    box(0, 0, 1, 1),
    box(0, 0, 0, 0),  # nothing to fill
]


def given(source: Faces, exemplar: Faces, wanted: Tensor | None) -> dict[str, Tensor | None]:
    """What a graph takes."""
    known = {
        "source": source.image,
        "exemplar": exemplar.image,
        "source_region": source.region,
        "exemplar_region": exemplar.region,
    }
    return known if wanted is None else known | {"wanted": wanted}


def switched(editor: Editor, count: int) -> Tensor | None:
    """[count, n] in {0, 1}; None for a model without attributes."""
    names = len(editor.header.attributes)
    chance = torch.Generator().manual_seed(count)
    return torch.randint(0, 2, (count, names), generator=chance).float() if names else None


def assert_alike(edit: Tensor, expected: Edit) -> None:
    """One edit as a graph drew it, and as the kit does."""
    assert edit.dtype == torch.float32
    assert (edit - expected.image).abs().max() < 1e-4
    inside = expected.region.expand_as(edit) > 0
    assert edit[~inside].equal(expected.source.image[~inside])
    assert edit[inside].std() > 0.05  # so that 1e-4 is little


def assert_edits_as(model: Path, graph: Graphs) -> None:
    editor = replace(load(model, "cpu"), precision="float32")
    for count in (1, 2, 3, 4):
        source, exemplar = pairs(editor, count)
        wanted = switched(editor, count)
        edit = graph(**given(source, exemplar, wanted))["edit"]
        assert_alike(edit, editor.complete(source, exemplar, wanted))


# Every part


def with_parts(folder: Path, **tables: dict[str, Any]) -> Path:
    """A model file of the tiny recipe with other parts, of which the common keys are set small."""
    document = tomllib.loads(TINY)
    document["train"]["images"] = 4
    if "classifier" in tables:
        document["model"] = {"use": "att-ebgan", "attributes": ["Smiling", "Mustache"], "block": 2}
        document["loss"]["attribute"] = {}
    for kind, table in tables.items():
        document[kind] = small(kind, table["use"]) | table
    return train(parse(document), folder / "run")


def small(kind: str, name: str) -> dict[str, int]:
    (part, *_) = registry().parts[kind][name]
    return {n: v for n, v in {"width": 4, "max_channels": 8}.items() if n in part.keys.model_fields}


def of_the_kit(kind: str) -> list[str]:
    return [name for name, (part, *_) in registry().parts[kind].items() if part.owner == KIT]


KINDS = ("encoder", "generator", "classifier")


@pytest.mark.parametrize("names", list(zip_longest(*map(of_the_kit, KINDS))))
@pytest.mark.slow
def test_every_part_is_exported(names: Sequence[str | None], tmp_path: Path) -> None:
    """A few together, since each graph takes seconds."""
    tables = {kind: {"use": name} for kind, name in zip(KINDS, names, strict=True) if name}
    model = with_parts(tmp_path, **tables)
    assert_edits_as(model, exported(model, tmp_path))


CLOSE = {"use": "conv", "depth": 2, "sees": "close", "standardise": True, "shape": "vector"}

KEYS: dict[str, dict[str, dict[str, Any]]] = {
    "a transformer, close, and a window that few regions fit": {
        "encoder": {"use": "timm", "backbone": "test_vit", "sees": "close"},
        "generator": {"use": "window", "window": 16, "depth": 2},
    },
    "a size that is no power of two": {
        "data": {"use": "synthetic", "count": 8, "size": 88},
        "encoder": CLOSE,
        "generator": {"use": "window", "window": 40},
        "discriminator": {"use": "patch", "depth": 2},
    },
    "the whole face, norms over the batch and over one image": {
        "model": {"use": "ebgan", "code": 4, "exemplar_region": "source"},
        "encoder": {"use": "conv", "sees": "face", "norm": "batch", "normalise": False},
        "generator": {"use": "unet", "norm": "instance"},
    },
    "a ConvNeXt, to a vector": {
        "encoder": {"use": "timm", "backbone": "test_convnext", "shape": "vector"}
    },
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.slow
def test_keys_are_exported(name: str, tmp_path: Path) -> None:
    model = with_parts(tmp_path, **KEYS[name])
    assert_edits_as(model, exported(model, tmp_path))


@pytest.mark.parametrize("file", ["model_file", "att_file"])
def test_torchs_own_program_edits_as_the_model(
    file: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(file)
    assert_edits_as(model, in_torch(export(model, tmp_path / "model.pt2")))


OTHERS = {
    "attgan": ("attgan", ("classifier.width=4",)),
    "stgan": ("attgan", ("classifier.width=4",)),
    "genegan": ("genegan", ("pairing.group=4",)),
    "dnagan": ("genegan", ("pairing.group=4", "model.block=2")),
    "elegant": ("genegan", ("pairing.group=4",)),
    "mulgan": ("mulgan", ("model.depth=2", "model.rest=3", "discriminator.depth=2")),
    "stargan": ("stargan", ("model.blocks=1", "classifier.width=4")),
}
"""Network → its plugin, and overrides that make it small."""

SHORT = ("data.count=32", "train.images=16", "train.batch=8", "train.device=cpu",
         "model.width=4", "discriminator.width=4")  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_networks_of_plugins_are_exported(name: str, tmp_path: Path) -> None:
    plugin, keys = OTHERS[name]
    pytest.importorskip(f"ebgan_kit_{plugin}")
    recipe = PLUGINS / f"ebgan-kit-{plugin}" / "recipes" / f"{name}-quickstart.toml"
    begun = train(read(recipe, (*SHORT, *keys)), tmp_path / "run")
    model = loud(begun, tmp_path / "model.safetensors")
    assert_edits_as(model, exported(model, tmp_path))


def loud(model: Path, copy: Path) -> Path:
    """A copy with large weights: networks that begin with small ones draw nothing to compare."""
    weights = load_file(model)
    torch.manual_seed(0)
    for value in weights.values():
        if value.dim() > 1:
            nn.init.kaiming_normal_(value)
    write_model(copy, weights, ModelFile.open(model).header)
    return copy


# Switches


@pytest.fixture(scope="module")
def file(att_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Att-EBGAN in ONNX, alone in its folder; tests only read it."""
    return export(att_file, tmp_path_factory.mktemp("exported") / "model.onnx")


def test_what_c_finds_in_the_exemplar_is_said(file: Path, att_file: Path) -> None:
    editor = load(att_file, "cpu")
    source, exemplar = pairs(editor, 6)
    found = in_onnxruntime(file)(**given(source, exemplar, torch.zeros(6, 2)))["found"]
    assert found.equal(editor.judge.finds(exemplar.image))
    assert 0 < found.mean() < 1


def test_a_switch_may_be_left_to_c(file: Path, att_file: Path) -> None:
    graph, editor = in_onnxruntime(file), load(att_file, "cpu")
    source, exemplar = pairs(editor, 6)
    left = graph(**given(source, exemplar, torch.full((6, 2), -1.0)))["edit"]
    assert_alike(left, editor.complete(source, exemplar))
    wanted = editor.judge.finds(exemplar.image)
    wanted[:, 1] = 1 - wanted[:, 1]
    half = torch.stack([torch.full((6,), -1.0), wanted[:, 1]], dim=1)
    other = graph(**given(source, exemplar, half))["edit"]
    assert_alike(other, editor.complete(source, exemplar, wanted))
    assert not other.equal(left)


def test_without_c_every_switch_is_said(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    """What is left to nobody is off, as it is for the editor."""
    without = [key for key in ATT if not key.startswith(("classifier", "loss"))]
    model = train(tiny(*without, "train.images=4"), tmp_path / "run")
    graph, editor = in_torch(export(model, tmp_path / "model.pt2")), load(model, "cpu")
    source, exemplar = pairs(editor, 3)
    left = graph(**given(source, exemplar, torch.full((3, 2), -1.0)))
    assert left.keys() == {"edit"}
    assert_alike(left["edit"], editor.complete(source, exemplar))


# What the file is


def test_the_file_says_what_it_is(file: Path, att_file: Path) -> None:
    said = onnxruntime.InferenceSession(file).get_modelmeta().custom_metadata_map
    assert_says(said, att_file)
    assert list(file.parent.iterdir()) == [file]  # weights and all


def test_torchs_own_program_says_it_too(att_file: Path, tmp_path: Path) -> None:
    said = {"ebgan-kit": "", "fingerprint": ""}
    torch.export.load(export(att_file, tmp_path / "model.pt2"), extra_files=said)
    assert_says(said, att_file)


def assert_says(said: dict[str, str], model: Path) -> None:
    assert Header(**json.loads(said["ebgan-kit"])) == ModelFile.open(model).header
    assert said["fingerprint"] == fingerprint(model)


def test_the_file_says_nothing_of_its_makers_folders(model_file: Path, tmp_path: Path) -> None:
    header = ModelFile.open(model_file).header
    data = {"use": "celeba", "root": "annas/faces", "size": 64}
    model = tmp_path / "model.safetensors"
    write_model(
        model, load_file(model_file), replace(header, recipe={**header.recipe, "data": data})
    )
    assert b"annas" in model.read_bytes()
    assert b"annas" not in export(model, tmp_path / "model.onnx").read_bytes()


def test_the_file_says_nothing_of_the_machine(file: Path, model_file: Path, tmp_path: Path) -> None:
    for written in (file, export(model_file, tmp_path / "model.pt2")):
        content = written.read_bytes()
        for place in (ebgan_kit.__file__, torch.__file__):
            assert str(Path(place).parent).encode() not in content
        assert b"forward(" not in content  # lines of code


def test_names_and_shapes(file: Path) -> None:
    session = onnxruntime.InferenceSession(file)
    image, region, switch = ["batch", 3, 64, 64], ["batch", 1, 64, 64], ["batch", 2]
    assert {i.name: i.shape for i in session.get_inputs()} == {
        "source": image,
        "exemplar": image,
        "source_region": region,
        "exemplar_region": region,
        "wanted": switch,
    }
    assert {o.name: o.shape for o in session.get_outputs()} == {"edit": image, "found": switch}


def test_a_model_of_bf16_is_exported_in_float32(
    tiny: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = train(tiny("train.precision=bf16", "train.images=4"), tmp_path / "run")
    monkeypatch.setattr("ebgan_kit.editing.editor.precision_to_edit", lambda device, asked: "bf16")
    assert_edits_as(model, in_torch(export(model, tmp_path / "model.pt2")))


def test_the_docs_example_edits_as_the_editor(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export(model_file, "model.onnx")
    levels = to_bytes(Synthetic(size=64, count=2).__getitems__([0, 1]).image)
    for name, face in zip(("source.png", "exemplar.png"), levels, strict=True):
        Image.fromarray(face.permute(1, 2, 0).numpy()).save(name)
    page = (PLUGINS.parent / "docs" / "export.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)
    mask = torch.from_numpy(names["region"])
    source, exemplar = (Image.open(name) for name in ("source.png", "exemplar.png"))
    expected = load(model_file, "cpu").edit(source, exemplar, mask)
    drawn, known = (pixels(picture).int() for picture in (Image.open("edited.png"), expected))
    assert (drawn - known).abs().max() <= 1
    assert not drawn.equal(pixels(source).int())


# What cannot be written


def refused(model: Path, output: Path) -> str:
    """What is said instead; nothing is left behind."""
    with pytest.raises(UsageError) as caught:
        export(model, output)
    assert not output.parent.is_dir() or not list(output.parent.iterdir())
    return str(caught.value)


@pytest.mark.parametrize("name", ["model.tflite", "model", "model.onnx.gz"])
def test_an_ending_that_is_not_known(name: str, model_file: Path, tmp_path: Path) -> None:
    said = refused(model_file, tmp_path / name)
    assert said.endswith(f"{name}: a graph is written to a file that ends in .onnx or in .pt2")


def test_a_folder_that_is_not_there(model_file: Path, tmp_path: Path) -> None:
    said = refused(model_file, tmp_path / "there" / "model.onnx")
    assert said.endswith(f"the folder {tmp_path / 'there'} does not exist; make it first")


def test_a_judge_edits_nothing(judge_file: Path, tmp_path: Path) -> None:
    said = refused(judge_file, tmp_path / "model.onnx")
    assert said == f"{judge_file}: is a judge, and edits nothing"


def test_without_the_extra(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    said = refused(model_file, tmp_path / "model.onnx")
    assert said.endswith(": to write ONNX takes onnx, onnxruntime: pip install 'ebgan-kit[export]'")
    assert export(model_file, tmp_path / "model.pt2").is_file()


def test_a_network_that_no_graph_can_hold(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(self: Conv, image: Tensor, region: Tensor) -> Tensor:
        image = image if image.mean() > 0 else -image
        return plain(self, image, region)

    plain = Conv.forward
    monkeypatch.setattr(Conv, "forward", forward)
    said = refused(model_file, tmp_path / "model.onnx")
    assert said.startswith(f"{model_file}: its networks cannot be written as a graph: ")
    assert "\n" not in said


@pytest.mark.parametrize("ending", ["onnx", "pt2"])
def test_a_network_that_is_another_in_a_graph(
    ending: str, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(self: Conv, image: Tensor, region: Tensor) -> Tensor:
        return plain(self, -image if torch.compiler.is_exporting() else image, region)

    plain = Conv.forward
    monkeypatch.setattr(Conv, "forward", forward)
    said = refused(model_file, tmp_path / f"model.{ending}")
    assert said.startswith(f"{model_file}: as a graph it draws other edits, ")


def test_a_file_that_is_there_stays_when_a_new_one_fails(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> None:
        self.touch()
        raise OSError("no space left on device")

    file = tmp_path / "model.pt2"
    file.write_text("before")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        export(model_file, file)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "before"


# The command


def test_the_command(command: Callable[..., Any], model_file: Path, tmp_path: Path) -> None:
    answer = command("export", model_file, "-o", "model.pt2")
    assert (answer.status, answer.out, answer.err) == (0, "wrote model.pt2\n", "")
    assert (tmp_path / "model.pt2").is_file()
    answer = command("export", model_file, "-o", "model.bin")
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: model.bin: ")


def test_how_long_an_edit_takes(
    model_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exported_bench, "ROUNDS", 2)
    monkeypatch.setattr(exported_bench, "TURN", 0.01)
    monkeypatch.setattr(sys, "argv", ["exported", str(model_file)])
    exported_bench.main()
    lines = capsys.readouterr().out.splitlines()
    figure = r"[\d.]+ \([\d.]+, [\d.]+\)"
    assert re.fullmatch(rf"onnxruntime: {figure} milliseconds per edit", lines[1])
    assert re.fullmatch(rf"onnxruntime is {figure} times as fast as PyTorch, float32", lines[-1])
