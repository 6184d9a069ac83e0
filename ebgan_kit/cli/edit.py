"""Commands that edit photographs with a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ebgan_kit.cli import edit_options as options
from ebgan_kit.cli.arguments import ModelName, opened
from ebgan_kit.cli.console import out, tell, under_way
from ebgan_kit.errors import UsageError
from ebgan_kit.files.names import home
from ebgan_kit.modelfile.here import PORTRAITS


def edit(
    model: options.Model = None,
    source: options.Source = None,
    exemplar: options.Exemplar = None,
    output: options.Output = None,
    region: options.Regions = None,
    mask: options.MaskFile = None,
    exemplar_mask: options.ExemplarMask = None,
    on: options.SwitchedOn = None,
    off: options.SwitchedOff = None,
    change: options.Changes = None,
    eyes: options.SourceEyes = None,
    exemplar_eyes: options.ExemplarEyes = None,
    face: options.Face = None,
    exemplar_face: options.ExemplarFace = None,
    find_faces: options.FindFaces = None,
    strength: options.Strength = 1,
    keep: options.KeepFile = None,
    feather: options.Feather = None,
    match_colours: options.MatchColours = False,
    detail: options.Detail = None,
    marked: options.Marked = None,
    save: options.SaveFile = None,
    replay: options.ReplayFile = None,
) -> None:
    """Fill regions of a photograph with what exemplars have there."""
    file = None if model is None and replay is not None else opened(model or Path(PORTRAITS))
    from ebgan_kit.cli import edit_words as words
    from ebgan_kit.editing import replay as documents
    from ebgan_kit.editing.batch import edit_files
    from ebgan_kit.editing.mark import Mark, warn_unmarked
    from ebgan_kit.editing.request import Request

    one = (exemplar, region, mask, exemplar_mask, on, off, exemplar_eyes, exemplar_face)
    if replay is not None:
        told = (source, change, eyes, face, find_faces is not None, keep, feather is not None)
        also = (match_colours, detail is not None, strength != 1, save)
        words.refuse_beside("--replay", *told, *also, *one)
        written = documents.replay(replay, file, output, marked)
        tell(f"wrote {written}")
        if marked:
            warn_unmarked(written)
        return
    if file is None or source is None or output is None:
        raise UsageError("an edit takes --source, --output and --exemplar or --change")
    changes = words.changes(change or [], *one, strength)
    how = (words.eyes(eyes), feather, match_colours, face, keep, detail is not False)
    request = Request(source, changes, *how).mapped(home)
    if save is not None:
        documents.check_place(save, file, request, output)
    mark = None if marked is False else Mark.of(file)
    for done, written in edit_files(file, request, output, find_faces, mark):
        tell(f"wrote {written}")
        if marked:
            warn_unmarked(written)
        if save is not None:
            documents.save(file, done, written, save, mark is not None)
            tell(f"wrote {save}")


def studio(
    models: Annotated[
        list[Path] | None,
        typer.Argument(help="Model files; portraits and the newest run's if none is given."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="0.0.0.0 lets other machines in: there is no password.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="The first free one from 7860 if not given."),
    ] = None,
) -> None:
    """Edit faces in the browser; ends by Ctrl-C."""
    files = [opened(model) for model in models or []]
    from ebgan_kit.studio.serve import serve

    serve(files, host, port)


def describe(
    model: ModelName,
    faces: Annotated[list[Path], typer.Argument(help="Photographs with a face in the middle.")],
) -> None:
    """Print which attributes a model's classifier finds in faces, and how sure it is."""
    file = opened(model)
    from ebgan_kit.cli.listings import attributes
    from ebgan_kit.editing.classifier import describe as opinions

    out.print(attributes(opinions(file, faces)))


def export(
    model: ModelName,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="A file.onnx, a file.pt2 for torch.export, or a file.safetensors: a model file "
            "of half the size.",
        ),
    ],
) -> None:
    """Write a model's edit as a graph, for programs that do without the kit."""
    file = opened(model)
    if output.suffix == file.path.suffix:
        from ebgan_kit.modelfile.rounded import write_rounded

        tell(f"wrote {write_rounded(file, output)}")
        return
    from ebgan_kit.editing.export import export as write

    with under_way("writing the graph"):
        written = write(file, output)
    tell(f"wrote {written}")
