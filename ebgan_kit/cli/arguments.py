"""Arguments that several commands take, and what is checked of them before anything large."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ebgan_kit.modelfile.file import ModelFile

RecipeFile = Annotated[Path, typer.Argument(help="A recipe, such as recipes/quickstart.toml.")]
ModelName = Annotated[
    Path,
    typer.Argument(
        help="A model file, the folder of a run, such as runs/NAME, or OWNER/NAME on the Hub."
    ),
]
JudgeFile = Annotated[
    Path | None, typer.Option(help="A judge's model file: which attributes pass, which leak.")
]
RecogniserName = Annotated[
    str | None,
    typer.Option(help="hf_hub:OWNER/NAME or local-dir:FOLDER: is it one person? Else dlib's."),
]
InceptionFile = Annotated[
    Path | None, typer.Option(help="Inception-v3's weights for FID, torch-fidelity's file.")
]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[TABLE.KEY=VALUE]...", help="Keys to set otherwise.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Who meets whom.")]
SkipBroken = Annotated[bool, typer.Option(help="Go on without faces that cannot be read.")]


def opened(model: Path) -> ModelFile:
    """Open a model file before what uses it is imported: that takes seconds."""
    from ebgan_kit.modelfile.file import ModelFile

    return ModelFile.open(model)


def with_skip(overrides: list[str] | None, skip_broken: bool) -> list[str]:
    return [*(overrides or []), *(["data.skip_broken=true"] if skip_broken else [])]
