"""The console command: it answers at once, and says in one sentence what is wrong."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.crowds import FACE
from fixtures.models import convinced
from fixtures.recipes import ATT
from PIL import Image
from safetensors.torch import load_file, save_file

from ebgan_kit.editing import framing
from ebgan_kit.editing.editor import load
from ebgan_kit.files.writing import MODEL_KEY, fingerprint
from ebgan_kit.images.face import Face
from ebgan_kit.images.face_finder import NoFace
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.registry.part import KINDS, KIT
from ebgan_kit.registry.plugins import SKIP, installed, registry

Command = Callable[..., Any]


# Answers at once


AT_ONCE = {
    "help": "--help",
    "help of a command": "run --help",
    "plugins": "plugins",
    "inspect": "inspect MODEL",
    "card": "card MODEL -o CARD",
    "no recipe": "run none.toml",
    "no recipe for several": "run none.toml --processes 2",
    "no recipe to check": "check none.toml",
    "no recipe to bench": "bench none.toml",
    "broken TOML": "run BROKEN",
    "no such table": "run RECIPE trian.images=4",
    "no such part": "run RECIPE loss.cyle.weight=1",
    "no such part in place of another": "run RECIPE encoder.use=tim",
    "no such kind": "parts los",
    "no such part to list": "parts loss cyle",
    "no model to edit with": "edit none.safetensors --source a.png --exemplar b.png -o c.png",
    "no model to measure": "evaluate none.safetensors",
    "no judge": "evaluate MODEL --judge none.safetensors",
    "no model among several": "compare MODEL none.safetensors",
    "no model to export": "export none.safetensors -o model.onnx",
    "no model that finds attributes": "describe none.safetensors a.png",
    "no model for the studio": "studio none.safetensors",
}


@pytest.mark.parametrize("words", AT_ONCE.values(), ids=AT_ONCE)
def test_torch_is_not_imported(words: str, model_file: Path, tiny_file: Path) -> None:
    broken = tiny_file.with_name("broken.toml")
    broken.write_text("name = ")
    known = {
        "MODEL": model_file,
        "RECIPE": tiny_file,
        "BROKEN": broken,
        "CARD": broken.with_suffix(".md"),
    }
    given = [str(known.get(word, word)) for word in words.split()]
    others = ",".join(plugin.name for plugin in installed() if plugin.name != KIT)
    code = (
        "import sys\n"
        "from ebgan_kit.cli.app import main\n"
        f"sys.argv = ['ebgan-kit', *{given!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "slow = {'torch', 'timm', 'kornia', 'accelerate'} & set(sys.modules)\n"
        "print('slow:', sorted(slow))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ, SKIP: others},
    )  # fmt: skip
    *said, slow = answer.stdout.splitlines()
    assert said or answer.stderr
    assert slow == "slow: []"


def test_the_module_is_the_command() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "ebgan_kit", "parts", "los"], capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert answer.stderr == "ebgan-kit: no kind of part is called 'los'; did you mean 'loss'?\n"
    assert answer.stdout == ""


def test_a_shell_without_a_terminal_is_no_terminal_without_width() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "ebgan_kit", "parts", "loss", "cycle"],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "0"},
    )  # fmt: skip
    assert answer.stdout.startswith("loss cycle\n")


def test_a_working_folder_that_was_deleted(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    answer = command("parts")
    assert answer.status == 2
    assert answer.err == "ebgan-kit: the working folder has been deleted: cd to another one\n"


# Listings


def test_parts_lists_all(command: Command) -> None:
    answer = command("parts")
    assert answer.status == 0
    for kind in KINDS:
        assert registry().parts[kind], f"no {kind} comes with the kit"
        for name in registry().parts[kind]:
            assert any(line.split()[:2] == [kind, name] for line in answer.out.splitlines())


def test_every_part_says_what_it_is() -> None:
    offers = [part for kind in KINDS for some in registry().parts[kind].values() for part in some]
    for part in offers:
        assert part.sentence, part.name
        assert len(part.sentence) < 120, part.name


def test_parts_of_a_kind(command: Command) -> None:
    out = command("parts", "generator").out
    assert "unet" in out
    assert "cycle" not in out


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("mask", "The kit calls each with (faces, chance) and its keys."),
        ("optimizer", "The kit makes each with (parameters) and its keys."),
    ],
)
def test_a_kind_says_what_its_parts_are_called_with(
    command: Command, kind: str, sentence: str
) -> None:
    assert sentence in command("parts", kind).out


def test_a_part_with_its_keys(command: Command) -> None:
    out = command("parts", "loss", "reconstruction").out
    assert "loss reconstruction" in out
    assert "from plugin ebgan-kit" in out
    (line,) = [line for line in out.splitlines() if line.startswith("region_share")]
    assert "number, at least 0, at most 1" in line
    assert line.rstrip().endswith("0.0")


def test_every_part_can_be_shown(command: Command) -> None:
    for kind in KINDS:
        for name, (part, *_) in registry().parts[kind].items():
            out = command("parts", kind, name).out
            for key in part.keys.model_fields:
                assert any(line.startswith(key) for line in out.splitlines()), (name, key)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["parts", "los"], "no kind of part is called 'los'; did you mean 'loss'?"),
        (["parts", "loss", "cycel"], "no loss is called 'cycel'; did you mean 'cycle'?"),
        (["parts", "loss", "zzz"], "no loss is called 'zzz'; there is attribute"),
        (["inspect", "nothing.safetensors"], "nothing.safetensors: no such file"),
        (["evaluate", "nothing.safetensors"], "nothing.safetensors: no such file"),
        (["check", "nothing.toml"], "nothing.toml: cannot be read"),
    ],
)
def test_wrong_names(command: Command, words: list[str], sentence: str) -> None:
    answer = command(*words)
    assert answer.status == 2
    assert sentence in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("words", [["paint"], ["run"], ["parts", "loss", "cycle", "more"]])
def test_wrong_commands(command: Command, words: list[str]) -> None:
    answer = command(*words)
    assert answer.status == 2
    assert "Traceback" not in answer.err


EMPTY_WORDS = {
    "edit MODEL --source= --exemplar b.png -o o.png": "--source is empty: say what it is to be",
    "edit MODEL --source EMPTY --exemplar b.png -o o.png": "--source is followed by an empty word",
    "edit MODEL --source a.png --exemplar EMPTY -o o.png": "--exemplar is followed by an empty",
    "edit MODEL --source a.png --exemplar b.png --mask EMPTY -o o.png": "--mask is followed by",
    "edit MODEL --source a.png --exemplar b.png -o EMPTY": "-o is followed by an empty word",
    "edit MODEL --source a.png --exemplar b.png -o o.png --save EMPTY": "--save is followed by an",
    "edit --replay EMPTY": "--replay is followed by an empty word",
    "edit EMPTY --source a.png --exemplar b.png -o o.png": "one of the words is empty",
    "run EMPTY": "one of the words is empty",
    "check RECIPE data.root= data.use=folder": "data] root = \"\": no path is empty; write '.' for",
    "evaluate MODEL --json EMPTY": "--json is followed by an empty word",
    "inspect EMPTY": "one of the words is empty",
}


@pytest.mark.parametrize("words", EMPTY_WORDS)
def test_an_empty_word_is_not_the_working_folder(
    command: Command, photographs: Path, model_file: Path, tiny_file: Path, words: str
) -> None:
    """As from a variable of the shell that is not set."""
    known = {"MODEL": model_file, "RECIPE": tiny_file, "EMPTY": ""}
    before = contents(photographs)
    answer = command(*(known.get(word, word) for word in words.split()))
    assert answer.status == 2
    assert EMPTY_WORDS[words] in answer.err
    assert answer.err.count("\n") == 1
    assert contents(photographs) == before


LARGE = "99999999999999999999"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["evaluate", "MODEL", "--seed", LARGE], "--seed"),
        (["compare", "MODEL", "--seed", LARGE], "--seed"),
        (["figures", "MODEL", "--seed", LARGE], "--seed"),
        (["check", "RECIPE", f"seed={LARGE}"], f"seed = {LARGE}: input should be less than"),
        (["check", "RECIPE", "seed=" + 5000 * "9"], "seed = "),
        (["check", "RECIPE", f"data.seed={LARGE}"], "[data] seed = "),
        (["check", "RECIPE", f"train.images={LARGE}"], "images = "),
        (["check", "RECIPE", f"train.images=-{LARGE}"], "images = "),
        (
            ["check", "RECIPE", f"data.count={LARGE}"],
            f"{LARGE}: a whole number has 64 bits",
        ),
    ],
)
def test_numbers_that_no_seed_holds(
    command: Command, model_file: Path, tiny_file: Path, words: list[str], sentence: str
) -> None:
    known = {"MODEL": model_file, "RECIPE": tiny_file}
    answer = command(*(known.get(word, word) for word in words))
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_schema_is_json(command: Command) -> None:
    assert json.loads(command("schema").out)["title"] == "A recipe of ebgan-kit"


def test_inspect(command: Command, model_file: Path) -> None:
    out = command("inspect", model_file).out
    assert f"\nSHA-256 {fingerprint(model_file)}\n" in out
    assert "tiny edits the region mouth of faces of 64 pixels" in out
    assert "1 is to be filled" in out
    header = json.loads(command("inspect", model_file, "--json").out)
    model = {"use": "ebgan", "code": 4, "exemplar_region": "own", "way_back": 0, "upright": False}
    assert header["recipe"]["model"] == model | {"map_channels": 0}
    assert header["images"] == 16


def test_check_says_what_it_built_and_writes_nothing(command: Command, tiny_file: Path) -> None:
    answer = command("check", tiny_file)
    assert answer.status == 0
    for word in ("[loss.cycle]", "conv6", "discriminator", "4x4x4", "all fits"):
        assert word in answer.out
    assert list(tiny_file.parent.iterdir()) == [tiny_file]


def test_check_names_what_does_not_fit(command: Command, tiny_file: Path) -> None:
    answer = command("check", tiny_file, "train.batch=6")
    assert answer.status == 2
    assert "group" in answer.err


def test_check_tries_what_the_discriminator_is_shown(command: Command, tiny_file: Path) -> None:
    ops = 'augment.discriminator.ops=[{use="CenterCrop", size=16}]'
    answer = command("check", tiny_file, "augment.discriminator.use=kornia", ops)
    assert answer.status == 2
    assert "CenterCrop changes the size of images" in answer.err


def test_a_run_and_its_resumption(command: Command, tiny_file: Path) -> None:
    assert command("run", tiny_file, "train.images=8").out.strip() == (
        "wrote runs/tiny/model.safetensors"
    )
    again = command("run", tiny_file, "train.images=8")
    assert again.status == 2
    assert "--resume" in again.err
    assert command("run", tiny_file, "train.images=16", "--resume").status == 0


def test_an_interrupted_run_says_how_to_go_on(
    command: Command, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ebgan_kit.parts.watchers.jsonl.Jsonl.report",
        lambda self, clock, values: os.kill(os.getpid(), signal.SIGINT),
    )
    answer = command("run", tiny_file, "seed=3")
    assert answer.status == 130
    assert f"ebgan-kit run {tiny_file} seed=3 --resume" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.slow
def test_who_ends_all_of_a_runs_processes_ends_the_run(tiny_file: Path, tmp_path: Path) -> None:
    """Politely, as batch systems do: the reader goes on until the run has saved itself."""
    keys = ("train.workers=1", "train.images=1_000_000", "train.checkpoint_every=80")
    running = subprocess.Popen(
        [sys.executable, "-m", "ebgan_kit", "run", str(tiny_file), *keys],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(tmp_path.glob("runs/tiny/checkpoints/*.pt")):
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGTERM)
    err = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "all saved; go on with" in err
    assert "Traceback" not in err


# Edits


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two photographs, a mask, and a folder of the two."""
    for number, name in enumerate(("a", "b")):
        Image.new("RGB", (70, 90), (40 * number, 100, 150)).save(tmp_path / f"{name}.png")
    mask = Image.new("L", (70, 90))
    mask.paste(255, (20, 50, 50, 70))
    mask.save(tmp_path / "mask.png")
    Image.new("L", (70, 90)).save(tmp_path / "empty.png")
    Image.new("L", (64, 64), 255).save(tmp_path / "small.png")
    (tmp_path / "text.png").write_text("this is text")
    os.mkfifo(tmp_path / "pipe.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "damaged.png").write_bytes(whole[:60] + bytes(20) + whole[80:])
    (tmp_path / "twins").mkdir()
    for name in ("a.png", "a.bmp"):
        Image.new("RGB", (70, 90)).save(tmp_path / "twins" / name)
    (tmp_path / "none").mkdir()
    (tmp_path / "others").mkdir()
    Image.new("RGB", (70, 90)).save(tmp_path / "others" / "c.png")
    (tmp_path / "pairs").mkdir()
    for name in ("a.jpg", "a.PNG", "b.png"):
        Image.new("RGB", (70, 90)).save(tmp_path / "pairs" / name)
    (tmp_path / "sources").mkdir()
    Image.new("RGB", (70, 90), (10, 20, 30)).save(tmp_path / "sources" / "a.png")
    Image.new("RGB", (64, 64), (30, 20, 10)).save(tmp_path / "sources" / "b.png")
    return tmp_path


def edit(**changed: str | None) -> list[str]:
    """The words of an edit of a.png by b.png in its mouth, with options changed or left out."""
    options = {"source": "a.png", "exemplar": "b.png", "region": "mouth", "output": "out.png"}
    given = options | {name.replace("_", "-"): value for name, value in changed.items()}
    words = [w for name, v in given.items() if v is not None for w in (f"--{name}", v)]
    return ["--no-find-faces", *words]  # noise has none, and a warning of each


WRONG_EDITS = {
    "no source": (edit(source="x.png"), "x.png does not exist"),
    "no exemplar": (edit(exemplar="x.png"), "x.png does not exist"),
    "no mask": (edit(region=None, mask="x.png"), "x.png does not exist"),
    "not an image": (edit(source="text.png"), "text.png does not decode (it is not an image)"),
    "a pipe": (edit(source="pipe.png"), "pipe.png is a pipe or a device: write what it gives to a"),
    "a mask from a pipe": (edit(region=None, mask="pipe.png"), "pipe.png is a pipe or a device"),
    "a mask that is no image": (edit(region=None, mask="text.png"), "text.png does not decode"),
    "an output that loses": (edit(output="out.jpg"), "out.jpg: would change pixels outside"),
    "an unknown region": (edit(region="mout"), "no region is called 'mout'; did you mean 'mouth'?"),
    "a region and a mask": (edit(mask="mask.png"), "give a --region or a --mask, not both"),
    "a mask of another size": (
        edit(region=None, mask="small.png"),
        "the mask has 64x64 pixels and its photograph 70x90",
    ),
    "an empty mask": (edit(region=None, mask="empty.png"), "the mask is empty"),
    "an empty exemplar mask": (edit(exemplar_mask="empty.png"), "mask is empty"),
    "an empty folder": (edit(source="none", output="out"), "none: holds no photograph"),
    "a folder without its like": (
        edit(source="sources", exemplar="others", output="out"),
        "others: has no file of the name a",
    ),
    "a folder for one photograph": (edit(exemplar="others"), "others is a folder"),
    "no folder to write to": (edit(output="away/out.png"), "the folder away does not exist"),
    "over its own source": (edit(output="a.png"), "a.png: is an input of this edit"),
    "over its own exemplar": (edit(output="b.png"), "b.png: is an input of this edit"),
    "over its own mask": (
        edit(region=None, mask="mask.png", output="mask.png"),
        "mask.png: is an input of this edit",
    ),
    "a folder's edits into a file": (edit(source="sources", output="a.png"), "a.png is a file"),
    "a folder's edits over its sources": (
        edit(source="sources", output="sources"),
        "sources/a.png: is an input of this edit",
    ),
    "two of a name": (edit(source="twins", output="out"), "out/a.png: would hold the edits of two"),
    "a folder for one edit": (
        edit(output="none"),
        "none is a folder: name a file in it",
    ),
    "the working folder for one edit": (
        edit(output="."),
        "ebgan-kit: . is a folder: name a file in it",
    ),
    "the root for one edit": (edit(output="/"), "ebgan-kit: / is a folder: name a file in it"),
    "two exemplars of a name": (
        edit(source="sources", exemplar="pairs", output="out"),
        "pairs: has a.PNG, a.jpg, all for sources/a.png: leave one of them there",
    ),
    "damage inside a file": (edit(source="damaged.png"), "damaged.png does not decode: "),
    "one of a folder does not fit": (
        edit(source="sources", region=None, mask="mask.png", output="out"),
        "b.png: the mask has 70x90 pixels and its photograph 64x64",
    ),
}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", WRONG_EDITS)
def test_a_wrong_edit(photographs: Path, command: Command, model_file: Path, case: str) -> None:
    words, sentence = WRONG_EDITS[case]
    before = contents(photographs)
    answer = command("edit", model_file, *words)
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err
    assert contents(photographs) == before


def not_a_model(path: Path, model: Path, how: str) -> None:
    """Write a file that is no model file in one of the ways that happen."""
    whole = model.read_bytes()
    if how == "text":
        path.write_text("not a model")
    elif how == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "truncated header":
        path.write_bytes(whole[:100])
    elif how == "empty":
        path.touch()
    elif how == "a pickle":
        path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    elif how == "another safetensors file":
        save_file({"weight": torch.zeros(3)}, path)
    elif how == "a broken header":
        save_file(load_file(model), path, {MODEL_KEY: "{"})
    elif how == "a header of a later format":
        save_file(load_file(model), path, {MODEL_KEY: json.dumps({"format": 99, "kit": "9.0"})})
    elif how == "other weights":
        header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"]
        save_file({"weight": torch.zeros(3)}, path, header)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("text", "is not a whole safetensors file"),
        ("truncated", "is not a whole safetensors file"),
        ("truncated header", "is not a whole safetensors file"),
        ("empty", "is not a whole safetensors file"),
        ("a pickle", "is not a whole safetensors file"),
        ("another safetensors file", "not one that ebgan-kit wrote"),
        ("a broken header", "its header cannot be read"),
        ("a header of a later format", "install that one"),
        ("other weights", "its weights are not those of its recipe's networks"),
    ],
)
def test_files_that_are_no_models(
    photographs: Path, command: Command, model_file: Path, how: str, reason: str
) -> None:
    path = photographs / "wrong.safetensors"
    not_a_model(path, model_file, how)
    before = contents(photographs)
    commands = [["edit", path, *edit()]]
    if how != "other weights":  # which only shows when they are read
        commands.append(["inspect", path])
    for words in commands:
        answer = command(*words)
        assert answer.status == 2
        assert answer.err.startswith(f"ebgan-kit: {path}: ")
        assert reason in answer.err
        assert len(answer.err.splitlines()) == 1
    assert contents(photographs) == before


def test_a_model_folder_is_no_model(photographs: Path, command: Command) -> None:
    answer = command("edit", photographs / "none", *edit())
    assert answer.status == 2
    assert "no such file" in answer.err


def test_an_edit_of_one_photograph(photographs: Path, command: Command, model_file: Path) -> None:
    answer = command("edit", model_file, *edit(region=None, mask="mask.png"))
    assert answer.status == 0
    assert answer.out == "wrote out.png\n"
    source, edited = Image.open("a.png"), Image.open("out.png")
    assert edited.size == source.size
    outside = [(0, 0, 70, 50), (0, 70, 70, 90), (0, 50, 20, 70), (50, 50, 70, 70)]
    for box in outside:
        assert edited.crop(box).tobytes() == source.crop(box).tobytes()
    inside = (20, 50, 50, 70)
    assert edited.crop(inside).tobytes() != source.crop(inside).tobytes()


def test_edits_of_a_folder(photographs: Path, command: Command, model_file: Path) -> None:
    answer = command("edit", model_file, *edit(source="sources", output="out"))
    assert answer.status == 0
    assert answer.out.splitlines() == ["wrote out/a.png", "wrote out/b.png"]
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
    assert Image.open("out/b.png").size == (64, 64)


def test_a_folder_is_edited_by_the_rule_of_data(
    photographs: Path, command: Command, model_file: Path
) -> None:
    sources = photographs / "sources"
    (sources / "b.png").rename(sources / "b.jfif")
    (sources / ".ipynb_checkpoints").mkdir()
    for name in (".a.png", "notes.txt"):
        (sources / name).write_bytes(b"")
    answer = command("edit", model_file, *edit(source="sources", output="out"))
    assert answer.status == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
    assert "sources: files passed over: 3 (1 hidden, 1 hidden folder, 1 with the" in answer.err


def test_names_as_cameras_write_them(photographs: Path, command: Command, model_file: Path) -> None:
    """The ending of a file, and whether it is in small letters, is no part of its name."""
    for folder, endings in {"card": ("JPG", "Jpeg"), "friends": ("PNG", "JPG")}.items():
        Path(folder).mkdir()
        for number, ending in enumerate(endings):
            image = Image.new("RGB", (70, 90), (number * 50, 90, 40))
            image.save(f"{folder}/IMG_{number}.{ending}")
    Path("masks").mkdir()
    for number, ending in enumerate(("BMP", "tif")):
        Image.open("mask.png").save(f"masks/IMG_{number}.{ending}")
    words = edit(source="card", exemplar="friends", region=None, mask="masks", output="out")
    answer = command("edit", model_file, *words)
    assert answer.out.splitlines() == ["wrote out/IMG_0.png", "wrote out/IMG_1.png"], answer.err
    one = edit(source="card/IMG_1.Jpeg", exemplar="friends/IMG_1.JPG", region=None,
               mask="mask.png")  # fmt: skip
    assert command("edit", model_file, *one).status == 0
    assert Path("out.png").read_bytes() == Path("out/IMG_1.png").read_bytes()


def damaged_folder(folder: Path) -> None:
    """Ten photographs in `many`, of which three are damaged: one in the middle, where it shows
    when the file is read."""
    (folder / "many").mkdir()
    for number in range(10):
        Image.new("RGB", (70, 90), (20 * number, 9, 9)).save(folder / "many" / f"{number}.png")
    (folder / "many" / "0.png").write_bytes((folder / "damaged.png").read_bytes())
    (folder / "many" / "4.png").write_text("this is text")
    (folder / "many" / "9.png").write_bytes(b"")


def test_of_a_folder_the_sound_photographs_are_edited(
    photographs: Path, command: Command, model_file: Path
) -> None:
    """The damaged ones are named in the end."""
    damaged_folder(photographs)
    answer = command("edit", model_file, *edit(source="many", output="out"))
    assert answer.status == 2
    assert sorted(path.stem for path in Path("out").iterdir()) == list("1235678")
    assert answer.out.count("wrote ") == 7
    head, *told = answer.err.splitlines()
    assert head == "ebgan-kit: 3 of 10 photographs left out, and the others edited:"
    reasons = {line.split()[0].rstrip(":"): line for line in told}
    assert reasons.keys() == {"many/0.png", "many/4.png", "many/9.png"}
    assert "is not an image" in reasons["many/4.png"]
    assert "is empty" in reasons["many/9.png"]
    assert command("edit", model_file, *edit(source="many/1.png")).status == 0
    assert Path("out.png").read_bytes() == Path("out/1.png").read_bytes()


def test_a_damaged_exemplar_of_a_folder_costs_its_photograph_alone(
    photographs: Path, command: Command, model_file: Path
) -> None:
    damaged_folder(photographs)
    (photographs / "whole").mkdir()
    for number in range(10):
        Image.new("RGB", (70, 90), (20 * number, 9, 9)).save(photographs / f"whole/{number}.png")
    answer = command("edit", model_file, *edit(source="whole", exemplar="many", output="out"))
    assert answer.status == 2
    assert len(list(Path("out").iterdir())) == 7
    assert answer.err.count("many/") == 3
    answer = command("edit", model_file, *edit(source="whole", exemplar="text.png", output="new"))
    assert answer.err == "ebgan-kit: text.png does not decode (it is not an image)\n"
    assert not Path("new").exists()


def test_a_face_that_is_not_found_costs_its_photograph_alone(
    photographs: Path, command: Command, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(image: Image.Image, number: int) -> Face:
        if image.size == (64, 64):
            raise NoFace("no face was found")
        return FACE

    monkeypatch.setattr(framing, "choose_face", choose)
    answer = command("edit", model_file, *edit(source="sources", output="out"), "--find-faces")
    assert answer.status == 2
    assert answer.out == "wrote out/a.png\n"
    assert answer.err == (
        "ebgan-kit: 1 of 2 photographs left out, and the others edited:\n"
        "sources/b.png: no face was found\n"
    )


def test_all_that_does_not_fit_is_named_at_once(
    photographs: Path, command: Command, model_file: Path
) -> None:
    """And of very many the first."""
    for number in range(30):
        Image.new("RGB", (64, 64)).save(photographs / "sources" / f"{number}.png")
    words = edit(source="sources", region=None, mask="mask.png", output="out")
    answer = command("edit", model_file, *words)
    assert answer.status == 2
    lines = answer.err.splitlines()
    assert len(lines) == 21
    assert all("the mask has 70x90 pixels and its photograph 64x64" in line for line in lines[:20])
    assert lines[20] == "… and 11 more"
    assert not Path("out").exists()


def test_more_changes_than_a_document_holds(
    photographs: Path, command: Command, model_file: Path
) -> None:
    """As many as there may be are saved and made again; one more is refused before the work."""
    common = ["edit", model_file, "--source", "a.png", "-o", "out.png", "--save", "edit.json"]
    each = ["--change", "mouth from b.png"]
    answer = command(*common, *each * 65)
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: an edit makes 1 to 64 changes, and these are 65: ")
    assert not Path("out.png").exists()
    assert command(*common, *each * 64).status == 0
    assert command("edit", "--replay", "edit.json", "-o", "again.png", model_file).status == 0
    assert Path("again.png").read_bytes() == Path("out.png").read_bytes()


def test_equal_names_may_be_spelled_otherwise(
    photographs: Path, command: Command, model_file: Path
) -> None:
    composed, split = (unicodedata.normalize(form, "zoë.png") for form in ("NFC", "NFD"))
    (photographs / "sources" / "a.png").rename(photographs / "sources" / composed)
    (photographs / "sources" / "b.png").unlink()
    (photographs / "others" / "c.png").rename(photographs / "others" / split)
    answer = command("edit", model_file, *edit(source="sources", exemplar="others", output="out"))
    assert answer.status == 0
    assert [path.name for path in Path("out").iterdir()] == [composed]


def test_two_regions(photographs: Path, command: Command, model_file: Path) -> None:
    assert command("edit", model_file, *edit(output="one.png")).status == 0
    assert command("edit", model_file, *edit(output="two.png"), "--region", "nose").status == 0
    assert Path("one.png").read_bytes() != Path("two.png").read_bytes()


# Switches


@pytest.mark.parametrize("smiling", ["with", "without"])
@pytest.mark.parametrize("mustache", ["with", "without"])
def test_switches_on_the_command_line(
    photographs: Path, command: Command, att_file: Path, smiling: str, mustache: str
) -> None:
    words = (f"--{smiling}", "Smiling", f"--{mustache}", "Mustache")
    assert command("edit", att_file, *edit(), *words).out == "wrote out.png\n"
    attributes = {"Smiling": smiling == "with", "Mustache": mustache == "with"}
    pictures = Image.open("a.png"), Image.open("b.png")
    expected = load(att_file, "cpu").edit(*pictures, "mouth", attributes=attributes)
    assert Image.open("out.png").tobytes() == expected.tobytes()


def test_without_a_switch_the_classifier_decides(
    photographs: Path, command: Command, att_file: Path
) -> None:
    model = convinced(att_file, photographs / "sure", (5.0, -5.0))
    words = ["--with", "Smiling", "--without", "Mustache"]
    assert command("edit", model, *edit(output="plain.png")).status == 0
    assert command("edit", model, *edit(output="said.png"), *words).status == 0
    assert command("edit", model, *edit(output="half.png"), *words[:2]).status == 0
    assert command("edit", model, *edit(output="other.png"), "--with", "Mustache").status == 0
    plain, said, half, other = (
        Path(f"{name}.png").read_bytes() for name in ("plain", "said", "half", "other")
    )
    assert plain == said == half != other


WRONG_SWITCHES = {
    "no such switch": (
        edit(),
        ["--with", "Smilng"],
        "a.png: this model has no switch Smilng; did you mean 'Smiling'?",
    ),
    "on and off": (
        edit(),
        ["--with", "Mustache", "--with", "Smiling", "--without", "Mustache"],
        "Mustache: switched on and off at once; say one of the two",
    ),
    "a region that does not show it": (
        edit(region="nose"),
        ["--without", "Smiling"],
        "a.png: the mask does not cover where Smiling shows: leave its switch out, or give a "
        "larger mask",
    ),
    "a mask that does not show it": (
        edit(region=None, mask="cheek.png"),
        ["--with", "Mustache"],
        "a.png: the mask does not cover where Mustache shows: leave its switch out, or give a "
        "larger mask",
    ),
    "one mask of a folder": (
        edit(source="sources", region=None, mask="masks", output="out"),
        ["--with", "Mustache"],
        "sources/b.png: the mask does not cover where Mustache shows: leave its switch out, or "
        "give a larger mask",
    ),
}


@pytest.fixture
def masks(photographs: Path) -> None:
    """Of the two photographs in `sources`: one that covers the mouth, and one that does not."""
    (photographs / "masks").mkdir()
    cheek = Image.new("L", (70, 90))
    cheek.paste(255, (20, 15, 50, 35))
    cheek.save(photographs / "cheek.png")
    corner = Image.new("L", (64, 64))
    corner.paste(255, (0, 0, 20, 20))
    corner.save(photographs / "masks" / "b.png")
    mouth = Image.new("L", (70, 90))
    mouth.paste(255, (10, 40, 60, 80))
    mouth.save(photographs / "masks" / "a.png")


@pytest.mark.parametrize("case", WRONG_SWITCHES)
def test_wrong_switches(
    photographs: Path, masks: None, command: Command, att_file: Path, case: str
) -> None:
    words, switches, sentence = WRONG_SWITCHES[case]
    before = contents(photographs)
    answer = command("edit", att_file, *words, *switches)
    assert answer.status == 2
    assert answer.err == f"ebgan-kit: {sentence}\n"
    assert contents(photographs) == before
    assert not Path("out").exists()


def test_switches_of_a_model_that_has_none(
    photographs: Path, command: Command, model_file: Path
) -> None:
    answer = command("edit", model_file, *edit(), "--with", "Mustache")
    assert answer.status == 2
    assert answer.err == (
        "ebgan-kit: a.png: this model edits no attributes: it has no switch Mustache\n"
    )
    assert not Path("out.png").exists()


def test_a_folder_is_not_begun_where_nobody_knows_the_exemplars_attributes(
    photographs: Path, command: Command, att_file: Path
) -> None:
    header = ModelFile.open(att_file).header
    recipe = {name: table for name, table in header.recipe.items() if name != "classifier"}
    weights = {n: v for n, v in load_file(att_file).items() if not n.startswith("classifier.")}
    write_model(photographs / "free", weights, replace(header, recipe=recipe))
    words = edit(source="sources", output="out")
    answer = command("edit", "free", *words, "--with", "Mustache")
    assert answer.status == 2
    assert "switch each of Smiling, Mustache on or off" in answer.err
    assert not Path("out").exists()
    assert command("edit", "free", *words, "--with", "Mustache", "--without", "Smiling").status == 0
    assert len(list(Path("out").iterdir())) == 2


def test_inspect_names_the_attributes(command: Command, att_file: Path) -> None:
    out = command("inspect", att_file).out
    assert "Smiling, Mustache" in out
    header = json.loads(command("inspect", att_file, "--json").out)
    assert header["attributes"] == ["Smiling", "Mustache"]
    assert header["recipe"]["classifier"]["use"] == "conv"


def test_check_of_a_model_with_attributes(command: Command, tiny_file: Path) -> None:
    answer = command("check", tiny_file, *ATT)
    assert answer.status == 0
    for word in ("att-ebgan", "[loss.attribute]", "4x4x4", "all fits"):
        assert word in answer.out
    assert any(line.split()[:1] == ["classifier"] for line in answer.out.splitlines())


# Text of strangers


def test_a_terminal_shows_what_strangers_write_and_does_not_obey_it(
    command: Command, tiny_file: Path
) -> None:
    title = "\x1b]0;another title\x07\x9b2J\rfirst"
    text = tiny_file.read_text().replace('"mouth"', json.dumps(title), 1)
    tiny_file.write_text(text)
    for answer in (command("check", tiny_file), command("check", f"{title}.toml")):
        assert answer.status == 2
        assert "another title" in answer.err
        assert not {*answer.err} & {*"\x1b\x07\x9b\r"}


def test_a_model_file_does_not_command_the_terminal(
    command: Command, model_file: Path, tmp_path: Path
) -> None:
    header = ModelFile.open(model_file).header
    told = replace(header, mask="\x1b[2J", attributes=["\x1b]0;title\x07"], kit="\x9b31m")
    write_model(tmp_path / "told.safetensors", load_file(model_file), told)
    shown = command("inspect", "told.safetensors")
    assert "?[2J" in shown.out
    assert not {*shown.out} & {*"\x1b\x07\x9b"}
    assert json.loads(command("inspect", "told.safetensors", "--json").out)["mask"] == "\x1b[2J"


def test_a_word_without_end_is_not_repeated_without_end(command: Command, tiny_file: Path) -> None:
    for word in ("train.batch=", "data.use=", "", "no.such=", "a" * 70_000 + "="):
        answer = command("check", tiny_file, word + "a" * 70_000)
        assert answer.status == 2
        assert answer.err.startswith("ebgan-kit: ")
        assert len(answer.err) < 2_000


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    ],
)
def test_what_memory_does_not_hold(
    command: Command, tiny_file: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fail(recipe: Any) -> None:
        raise problem

    monkeypatch.setattr("ebgan_kit.training.dry_run.check", fail)
    answer = command("check", tiny_file)
    assert answer.status == 2
    assert answer.err.startswith("ebgan-kit: this takes more memory than there is: make it smaller")
    assert answer.err.count("\n") == 1


def test_an_error_of_the_kit_is_not_hidden(
    command: Command, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(recipe: Any) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr("ebgan_kit.training.dry_run.check", fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        command("check", tiny_file)
