"""A model file at half its size: the weights rounded to bf16."""

from __future__ import annotations

from pathlib import Path

import torch

from ebgan_kit.files.outputs import require_writable
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.modelfile.folders import inputs_of, without_folders


def write_rounded(model: ModelFile | Path | str, output: Path | str) -> Path:
    """Write a model file anew with weights in bf16, and return its path.

    A weight keeps its range and eight of its 24 bits. Networks compute as before, in the precision
    of the machine. The header names no folder of the model's maker. UsageError where the model
    cannot be read, or the output is one of its inputs.
    """
    output, file = Path(output), ModelFile.open(model)
    require_writable([output], inputs_of(file))
    rounded = {
        name: tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor
        for name, tensor in file.tensors.items()
    }
    write_model(output, rounded, without_folders(file.header))
    return output
