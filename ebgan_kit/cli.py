"""The command line. What takes long to import is imported inside the command that needs it."""

from __future__ import annotations

import json
import shlex
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from ebgan_kit.errors import Lost, UsageError
from ebgan_kit.launch import (
    first,
    first_here,
    launch,
    launched,
    leave,
    let_the_first_speak,
    let_the_launcher_speak,
)
from ebgan_kit.threads import share_the_machine

if TYPE_CHECKING:
    from ebgan_kit.recipe import Recipe

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Edit faces by example: train, measure, share and use networks that edit faces.",
)

out = Console()
err = Console(stderr=True)

Models = TypeVar("Models", Path | None, list[Path] | None)


def _readable(models: Models) -> Models:
    """Say at once what is wrong with model files: what uses them takes seconds to import."""
    from ebgan_kit.modelfile import read_header

    for model in [models] if isinstance(models, Path) else models or []:
        read_header(model)
    return models


def _is_toml(recipe: Path) -> Path:
    """Say at once that a recipe is not there, or is no TOML."""
    from ebgan_kit.toml_file import read_toml

    read_toml(recipe)
    return recipe


RecipeFile = Annotated[
    Path,
    typer.Argument(help="A recipe, such as recipes/quickstart.toml.", callback=_is_toml),
]
ModelFile = Annotated[
    Path,
    typer.Argument(
        help="A model file, such as runs/NAME/model.safetensors, or OWNER/NAME on the Hub.",
        callback=_readable,
    ),
]
JudgeFile = Annotated[
    Path | None,
    typer.Option(
        help="A judge's model file: which attributes pass, which leak.", callback=_readable
    ),
]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[TABLE.KEY=VALUE]...", help="Keys to set otherwise.")
]
Baseline = Literal["plain"]
SkipBroken = Annotated[bool, typer.Option(help="Go on without faces that cannot be read.")]


@app.command()
def run(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run.")] = False,
    processes: Annotated[
        int, typer.Option(min=1, help="Share each batch among so many, a device each.")
    ] = 1,
    skip_broken: SkipBroken = False,
) -> None:
    """Train a recipe into runs/NAME."""
    from ebgan_kit.recipe import read

    given = _with_skip(overrides, skip_broken)
    checked = read(recipe, given)  # before training and the launcher, which take seconds to import
    several = ["--processes", str(processes)] if processes > 1 else []
    again = ["run", str(recipe), *given, *several, "--resume"]
    try:
        if processes > 1 and not launched(processes):
            launch(again if resume else again[:-1], processes)
        else:
            _train(checked, resume, again)
    except Lost as lost:
        _go_on(f"{lost}; what was saved last stands, go on with", again)
        leave(1)


def _train(recipe: Recipe, resume: bool, again: list[str]) -> None:
    """Train in this process, alone or as one of several, of which the first says how it ended."""
    from ebgan_kit.processes import part
    from ebgan_kit.training import Stopped, train

    try:
        model = train(recipe, resume=resume)
        part()
    except Stopped as stop:
        part()
        if first():
            _go_on(str(stop), again)
        raise typer.Exit(130) from None
    except Lost:
        let_the_launcher_speak()
        raise
    if first():
        out.print(f"wrote {model}", soft_wrap=True)


def _go_on(why: str, again: list[str]) -> None:
    """Why a run ended before its end, and the command that goes on with it."""
    command = shlex.join(["ebgan-kit", *again])
    err.print(f"{why}:\n  {command}", soft_wrap=True, highlight=False, markup=False)


@app.command()
def check(recipe: RecipeFile, overrides: Overrides = None, skip_broken: SkipBroken = False) -> None:
    """Build all that a recipe names and train nothing: parts, shapes, parameters, operations."""
    from ebgan_kit.recipe import read

    checked = read(recipe, _with_skip(overrides, skip_broken))
    from ebgan_kit.check import check as examine

    out.print(examine(checked))


@app.command()
def pack(
    recipe: RecipeFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file; it must not exist.")],
    overrides: Overrides = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Write a recipe's faces, read and resized, into one file for data.use=packed."""
    from ebgan_kit.recipe import read

    given = _with_skip(overrides, skip_broken)
    checked = read(recipe, given)
    from ebgan_kit.bars import bar
    from ebgan_kit.pack import Stopped, overrides_to_use
    from ebgan_kit.pack import pack as write

    try:
        with bar("packing") as tell:
            write(recipe, output, given, tell)
    except Stopped as stop:
        again = shlex.join(["ebgan-kit", "pack", str(recipe), *given, "-o", str(output)])
        err.print(f"{stop}:\n  {again}", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(130) from None
    out.print(f"wrote {output}; train on it with", soft_wrap=True)
    keys = shlex.join(overrides_to_use(output, checked))
    out.print(f"  {keys}", soft_wrap=True, highlight=False, markup=False)


@app.command()
def edit(
    model: Annotated[
        Path | None, typer.Argument(help="A model file; a replay finds it.", callback=_readable)
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="The photograph to edit, or a folder of them.")
    ] = None,
    exemplar: Annotated[
        Path | None, typer.Option(help="The example: a file, or a folder of equal names.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the edit goes (lossless).")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="A named region, such as mouth; may be given again.")
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(help="A picture, or a folder of equal names: white is filled.")
    ] = None,
    exemplar_mask: Annotated[
        Path | None, typer.Option(help="The exemplar's mask, where it is another.")
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="ATTRIBUTE", help="Switch on, whatever the exemplar has."),
    ] = None,
    off: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="ATTRIBUTE", help="Switch off; may be given again."),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="In place of all these, one change of several, such as "
            "'mouth from b.png without Mustache'.",
        ),
    ] = None,
    eyes: Annotated[
        str | None, typer.Option(metavar="X,Y,X,Y", help="Where the source's eyes are, in pixels.")
    ] = None,
    exemplar_eyes: Annotated[
        str | None, typer.Option(metavar="X,Y,X,Y", help="Where the exemplar's are.")
    ] = None,
    find_faces: Annotated[
        bool, typer.Option("--find-faces", help="Look for the eyes that are not given.")
    ] = False,
    feather: Annotated[
        int, typer.Option(min=0, max=1000, help="Pixels in which the region's edge fades inwards.")
    ] = 0,
    match_colours: Annotated[
        bool, typer.Option("--match-colours", help="Shift the region's colours to its edge's.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the edit as a document (JSON).")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make a saved edit again, and no other.")
    ] = None,
) -> None:
    """Fill regions of a photograph with what exemplars have there."""
    from ebgan_kit import edit_words as words
    from ebgan_kit import replay as documents
    from ebgan_kit.edit_files import edit_files
    from ebgan_kit.request import Request

    one = (exemplar, region, mask, exemplar_mask, on, off, exemplar_eyes)
    if replay is not None:
        told = (source, change, eyes, find_faces, feather, match_colours, save)
        words.refuse_beside("--replay", *told, *one)
        out.print(f"wrote {documents.replay(replay, model, output)}", soft_wrap=True)
        return
    if model is None or source is None or output is None:
        raise UsageError("an edit takes a model, --source, --output and --exemplar or --change")
    changes = words.changes(change or [], *one)
    request = Request(source, changes, words.eyes(eyes), feather, match_colours)
    if save is not None:
        documents.check_place(save, source)
    for done, written in edit_files(model, request, output, find_faces):
        out.print(f"wrote {written}", soft_wrap=True)
        if save is not None:
            documents.save(model, done, written, save)
            out.print(f"wrote {save}", soft_wrap=True)


@app.command()
def studio(
    models: Annotated[
        list[Path] | None,
        typer.Argument(help="Model files; the newest run's if none is given.", callback=_readable),
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
    from ebgan_kit.studio.serve import serve

    serve(models or [], host, port)


@app.command()
def export(
    model: ModelFile,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file.onnx, or a file.pt2 for torch.export.")
    ],
) -> None:
    """Write a model's edit as a graph, for programs that do without the kit."""
    from ebgan_kit.export import export as write

    with err.status("writing the graph"):
        written = write(model, output)
    out.print(f"wrote {written}", soft_wrap=True)


@app.command()
def describe(
    model: ModelFile,
    faces: Annotated[list[Path], typer.Argument(help="Photographs with a face in the middle.")],
) -> None:
    """Print which attributes a model's classifier finds in faces, and how sure it is."""
    from ebgan_kit.judge import describe as opinions
    from ebgan_kit.listings import attributes

    out.print(attributes(opinions(model, faces)))


@app.command()
def evaluate(
    model: ModelFile,
    overrides: Overrides = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Where the figures go; beside the model if not given."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Pairs of faces at most.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Who meets whom.")] = 0,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Where the contact sheet goes; beside the model if not given."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=64, help="Pairs on the contact sheet.")] = 16,
    judge: JudgeFile = None,
    recogniser: Annotated[
        str | None, typer.Option(help="hf_hub:OWNER/NAME or local-dir:FOLDER: is it one person?")
    ] = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Measure a model on faces that it was not trained on; data.* and mask.* may be set."""
    from ebgan_kit import evaluation
    from ebgan_kit.evaluate import evaluate as measure
    from ebgan_kit.report import table

    sheet = sheet or evaluation.beside(model, evaluation.SHEET)
    json_file = json_file or evaluation.beside(model, evaluation.NAME)
    _check_folder_of(sheet, json_file)
    given = _with_skip(overrides, skip_broken)
    found = measure(model, given, count, seed, sheet, rows, judge, recogniser)
    evaluation.write(found, json_file)
    out.print(table(found))
    out.print(f"figures: {json_file}\ncontact sheet: {sheet}", soft_wrap=True)


@app.command()
def compare(
    models: Annotated[
        list[Path],
        typer.Argument(help="Model files; seeds of a recipe: one row.", callback=_readable),
    ],
    judge: JudgeFile = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.KEY=VALUE", help="A key of data or mask to set otherwise."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Pairs of faces at most.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Who meets whom.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Draw a contact sheet there, a column a row.")
    ] = None,
) -> None:
    """Measure models side by side: the same faces, pairs, masks and judge for all."""
    from ebgan_kit.compare import compare as measure
    from ebgan_kit.report.comparison import comparison

    _check_folder_of(sheet, json_file)
    with err.status("reading the models") as status:
        found = measure(
            models, data or [], count, seed, judge, sheet, lambda text: status.update(escape(text))
        )
    out.print(comparison(found))
    if sheet is not None:
        out.print(f"contact sheet: {sheet}", soft_wrap=True)
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


@app.command()
def bench(
    recipe: RecipeFile,
    overrides: Overrides = None,
    against: Annotated[
        Baseline | None, typer.Option(help="plain: the paper's algorithm as one would type it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures there.")
    ] = None,
) -> None:
    """Measure how fast a recipe trains, beside its bare step and the machine's own limits."""
    from ebgan_kit.bench import bench as measure

    _check_folder_of(json_file)
    with err.status("reading the recipe") as status:
        others = [against] if against else []
        found = measure(recipe, overrides or [], others, lambda text: status.update(escape(text)))
    from ebgan_kit.report.speed import speed

    out.print(speed(found))
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


@app.command()
def figures(
    models: Annotated[
        list[Path], typer.Argument(help="Model files, a figure each.", callback=_readable)
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.KEY=VALUE", help="A key of data or mask to set otherwise."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder.")] = Path("figures"),
    rows: Annotated[int, typer.Option(min=1, max=64, help="Pairs on each figure.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Who meets whom.")] = 0,
) -> None:
    """Draw the paper's figures 5 to 8 from models: mouth, components, face, one thing left out."""
    from ebgan_kit.figures import figures as draw

    for written in draw(models, data or [], output, rows, seed):
        out.print(f"wrote {written}", soft_wrap=True)


@app.command()
def parts(
    kind: Annotated[str | None, typer.Argument(help="A kind, such as loss.")] = None,
    name: Annotated[str | None, typer.Argument(help="A part, such as cycle.")] = None,
) -> None:
    """List the parts on offer, or the keys of one."""
    from ebgan_kit import listings

    out.print(listings.parts(kind, name))


@app.command()
def plugins() -> None:
    """List the plugins that are installed."""
    from ebgan_kit import listings

    out.print(listings.plugins())


@app.command()
def new_plugin(
    name: Annotated[str, typer.Argument(help="Such as sharpness: the loss that it begins with.")],
) -> None:
    """Write ./ebgan-kit-NAME: a plugin with a working loss, its recipe and its tests."""
    from ebgan_kit.new_plugin import new_plugin as write

    folder = write(name)
    out.print(f"wrote {folder}; next:", soft_wrap=True)
    for line in (f'pip install -e "./{folder}[test]"', f"pytest {folder}"):
        out.print(f"  {line}", soft_wrap=True, highlight=False, markup=False)


@app.command()
def inspect(
    model: ModelFile,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print what a model file says of itself, and what was measured of it."""
    from ebgan_kit import listings
    from ebgan_kit.hub import local
    from ebgan_kit.modelfile import read_header

    header = read_header(model)
    if as_json:
        print(json.dumps(listings.facts(local(model), header), indent=2))
    else:
        out.print(listings.header(local(model), header))


@app.command()
def card(
    model: ModelFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="README.md beside the model if not given.")
    ] = None,
) -> None:
    """Write a model's card: what it does, its figures, what it may be used for and what not."""
    from ebgan_kit.card import write_card

    _check_folder_of(output)
    out.print(f"wrote {write_card(model, output)}", soft_wrap=True)


@app.command()
def push(
    model: ModelFile,
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Its name on the Hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="If it is new, nobody sees it.")
    ] = False,
) -> None:
    """Put a model with its card and its figures on the Hugging Face Hub."""
    from ebgan_kit.push import push as share

    out.print(f"wrote {share(model, name, private)}", soft_wrap=True)


@app.command()
def schema() -> None:
    """Print a JSON Schema of recipes, for editors that complete and check TOML."""
    from ebgan_kit.schema import schema as recipe_schema

    print(json.dumps(recipe_schema(), indent=2))


def _check_folder_of(*files: Path | None) -> None:
    for path in files:
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"{path}: the folder {path.parent} does not exist; make it first")


def _with_skip(overrides: list[str] | None, skip_broken: bool) -> list[str]:
    return [*(overrides or []), *(["data.skip_broken=true"] if skip_broken else [])]


def _warn(message: Warning | str, category: type[Warning], *place: Any) -> None:
    if not first_here():
        return
    err.print(f"warning: {message}", style="yellow", soft_wrap=True, highlight=False, markup=False)


def main() -> None:
    """The console command `ebgan-kit`: what a user can mend is one sentence and exit status 2."""
    share_the_machine()
    warnings.showwarning = _warn  # type: ignore[assignment]
    try:
        app()
    except UsageError as problem:
        let_the_first_speak()
        err.print(f"ebgan-kit: {problem}", soft_wrap=True, highlight=False, markup=False)
        leave(2)
