"""How long one edit takes in onnxruntime, beside PyTorch:

    python -m benchmarks.exported MODEL

At the model's size, in turn, all on as many threads as torch has (`OMP_NUM_THREADS`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnxruntime
import torch

from ebgan_kit.editing.editor import load
from ebgan_kit.editing.export import export
from ebgan_kit.editing.graph import Graph, Tensors
from ebgan_kit.evaluation.estimate import quartiles
from ebgan_kit.evaluation.speed.bench import TURN
from ebgan_kit.evaluation.speed.machine import best, seconds
from ebgan_kit.training.memory import keep_freed_memory

ROUNDS = 15
CPU = torch.device("cpu")
ONNX = "onnxruntime"
FORM = ".2f"

Edit = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exported")
    parser.add_argument("model", type=Path)
    asked = parser.parse_args()
    keep_freed_memory()
    with torch.no_grad():
        edits = _edits(asked.model)
        counts = {name: max(1, round(TURN / best(edit, CPU))) for name, edit in edits.items()}
        rounds = [{n: _turn(edit, counts[n]) for n, edit in edits.items()} for _ in range(ROUNDS)]
    print(f"{torch.get_num_threads()} threads")
    for name in edits:
        milliseconds = quartiles([1_000 * one[name] for one in rounds]).text(FORM)
        print(f"{name}: {milliseconds} milliseconds per edit")
    for name in list(edits)[1:]:
        over = [one[name] / one[ONNX] for one in rounds]
        print(f"{ONNX} is {quartiles(over).text(FORM)} times as fast as {name}")


def _edits(model: Path) -> dict[str, Edit]:
    """One edit of one face, by all that can draw it."""
    editor = load(model, "cpu")
    whole = Graph(replace(editor, precision="float32")).eval()
    faces = whole.example(1)
    edits: dict[str, Edit] = {
        ONNX: _in_onnxruntime(model, faces),
        "PyTorch, float32": partial(whole, **faces),
    }
    if editor.precision == "bf16":
        edits["PyTorch, bf16"] = partial(Graph(editor).eval(), **faces)
    return edits


def _in_onnxruntime(model: Path, faces: Tensors) -> Edit:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    with TemporaryDirectory() as folder:
        file = export(model, Path(folder) / "model.onnx")
        session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
    return partial(session.run, None, {name: tensor.numpy() for name, tensor in faces.items()})


def _turn(edit: Edit, count: int) -> float:
    """Seconds an edit; the first after another's turn is slower, and not counted."""
    edit()
    return seconds(lambda: [edit() for _ in range(count)], CPU) / count


if __name__ == "__main__":
    main()
