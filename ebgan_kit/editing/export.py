"""A model file's edit as a graph, for programs that do without the kit."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from ebgan_kit.editing.editor import load
from ebgan_kit.editing.graph import Graph, Tensors
from ebgan_kit.errors import UsageError
from ebgan_kit.files.outputs import require_writable
from ebgan_kit.files.writing import draft
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import inputs_of, without_folders
from ebgan_kit.modelfile.header import as_text

TOLERANCE = 1e-3
"""How far a pixel of the graph's edit may be from the model's: an eighth of one of 256 levels."""

Run = Callable[[Tensors], Tensors]
"""The written graph in use."""


def export(model: ModelFile | Path | str, output: Path | str) -> Path:
    """Write the edit of a model file as a graph, and return its path.

    `output` ends in .onnx, or in .pt2 for a program of `torch.export`. The graph takes and gives
    what `ebgan_kit.editing.graph.Graph` does, in float32, for any number of faces. The file says
    what it is: it has the model file's header by the name `ebgan-kit`, without paths, and that
    file's `fingerprint`. It is tried before it is written: its edits are the model's.

    Raises UsageError for what a user can mend; nothing is left behind then.
    """
    output = Path(output)
    way, file = _way(output), ModelFile.open(model)
    require_writable([output], inputs_of(file))
    editor = replace(load(file, "cpu"), precision="float32")
    about = as_text(without_folders(file.header)) | {"fingerprint": file.sha256}
    graph = Graph(editor).eval().to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        content, run = _written(file, graph, about, way)
        _check(file, graph, run)
    with draft(output) as unfinished:
        unfinished.write_bytes(content)
    return output


Way = Callable[[Graph, Mapping[str, str]], tuple[bytes, Run]]
"""Graph and text about it, by name, to the content of a file, and that in use."""


def _way(output: Path) -> Way:
    """The way that the file's ending asks for; UsageError where there is none."""
    ways: dict[str, Way] = {".onnx": _onnx, ".pt2": _pt2}
    if output.suffix not in ways:
        raise UsageError(f"{output}: a graph is written to a file that ends in .onnx or in .pt2")
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if not find_spec(name)]
    if output.suffix == ".onnx" and missing:
        raise UsageError(
            f"{output}: to write ONNX takes {', '.join(missing)}: pip install 'ebgan-kit[export]'"
        )
    return ways[output.suffix]


def _written(
    model: ModelFile, graph: Graph, about: Mapping[str, str], way: Way
) -> tuple[bytes, Run]:
    try:
        return way(graph, about)
    except UsageError:
        raise
    except Exception as problem:  # whatever a part of a plugin does that a graph cannot hold
        why = str(problem).strip().partition("\n")[0]
        raise UsageError(f"{model}: its networks cannot be written as a graph: {why}") from problem


def _onnx(graph: Graph, about: Mapping[str, str]) -> tuple[bytes, Run]:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # nobody is told what is exported here
    example = graph.example(1)
    given, drawn = list(example), list(graph(**example))
    written: Any = torch.onnx.export(
        _traced(graph),
        dynamo=True,
        input_names=given,
        output_names=drawn,
        dynamic_shapes={name: {0: "batch"} if name == given[0] else None for name in given},
        external_data=False,
        verbose=False,
    )
    for node in written.model.graph.all_nodes():
        node.metadata_props.clear()  # lines of code, and where on this machine they are
    written.model.metadata_props.update(about)
    content = written.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def run(faces: Tensors) -> Tensors:
        found = session.run(drawn, {name: tensor.numpy() for name, tensor in faces.items()})
        return dict(zip(drawn, map(torch.from_numpy, found), strict=True))

    return content, run


def _pt2(graph: Graph, about: Mapping[str, str]) -> tuple[bytes, Run]:
    program = _traced(graph)
    for module in program.graph_module.modules():
        for node in module.graph.nodes:
            node.meta.pop("stack_trace", None)  # lines of code, and where on this machine they are
    program.example_inputs = None
    file = io.BytesIO()
    torch.export.save(program, file, extra_files=dict(about))
    module = program.module()
    return file.getvalue(), lambda faces: module(**faces)


def _traced(graph: Graph) -> Any:
    """The graph as a program of torch's, for any number of faces."""
    faces, batch = graph.example(2), torch.export.Dim("batch", min=1)
    return torch.export.export(graph, (), faces, dynamic_shapes={n: {0: batch} for n in faces})


def _check(model: ModelFile, graph: Graph, run: Run) -> None:
    """UsageError where the written graph does not do what the model does."""
    for count in (1, 3):  # it was traced with two
        faces = graph.example(count)
        expected, edit = graph(**faces)["edit"], run(faces)["edit"]
        outside = (faces["source_region"] == 0).expand_as(edit)
        far = (edit - expected).abs().max().item()
        if not far <= TOLERANCE or not edit[outside].equal(faces["source"][outside]):
            raise UsageError(
                f"{model}: as a graph it draws other edits, {far:.2g} away where levels go from -1 "
                "to 1: one of its networks does something that is lost in a graph"
            )
