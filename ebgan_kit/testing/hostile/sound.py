"""Sound inputs, which are then mutated: recipes, models, packed faces, an edit, data."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from PIL import Image, ImageDraw

from ebgan_kit.images.pictures import image_of
from ebgan_kit.parts.data.portraits.table import NAME, PLACES
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.testing.hostile.command import kit, run, working_in
from ebgan_kit.testing.tiny import DATA, TABLES

END = """\
[watch.jsonl]

[train]
images = 8
batch = 4
log_every = 4
checkpoint_every = 4
device = "cpu"
precision = "float32"
"""

SWITCHES = f"""\
name = "switches"
seed = 0

[model]
use = "att-ebgan"
attributes = ["Smiling", "Mustache"]
block = 2

{DATA}\
[classifier]
use = "conv"
width = 4
max_channels = 8

[loss.reconstruction]

[loss.attribute]

{END}"""

_POINTS = ((36, 45), (60, 45), (48, 55), (39, 66), (57, 66))
"""Landmarks of a drawn face of 96 pixels, about."""

RECIPES = {"tiny": TABLES + END, "switches": SWITCHES}

MODELS = tuple(f"{name}.safetensors" for name in RECIPES)


def make_sound(folder: Path) -> None:
    """Make all sound inputs in a folder, by the commands that a user makes them by."""
    _draw(folder)
    with working_in(folder):
        for name, recipe in RECIPES.items():
            Path(f"{name}.toml").write_text(recipe)
            _do("run", f"{name}.toml")
            shutil.copy(f"runs/{name}/model.safetensors", f"{name}.safetensors")
        _do("evaluate", MODELS[0], "--count", "4", "--rows", "1")
        _do("pack", "tiny.toml", "-o", "faces.safetensors")
        edit = ("edit", MODELS[0], "--source", "a.png", "--exemplar", "b.jpg")
        _do(*edit, "--mask", "mask.png", "-o", "edit.png", "--save", "edit.json")


def _do(*words: str) -> None:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        status = run(kit(*words))
    if status:
        raise RuntimeError(f"ebgan-kit {' '.join(words)} ended with {status}: {said.getvalue()}")


def _draw(folder: Path) -> None:
    """Drawn faces: two photographs, a mask, folders with a table, and CelebA's layout."""
    faces = [image_of(face) for face in Synthetic(size=96, count=16).__getitems__(range(14)).image]
    faces[0].resize((178, 218)).save(folder / "a.png")
    faces[1].resize((178, 218)).save(folder / "b.jpg")
    mask = Image.new("L", (178, 218))
    ImageDraw.Draw(mask).ellipse((60, 120, 120, 160), fill=255)
    mask.save(folder / "mask.png")
    _lay_out_folder(folder / "folder", faces[2:])
    _lay_out_portraits(folder / "portraits", faces[2:8])
    _lay_out_celeba(folder / "celeba", faces[2:8])


def _lay_out_folder(folder: Path, faces: Sequence[Image.Image]) -> None:
    (folder / "more").mkdir(parents=True)
    names = [f"{'more/' if n % 2 else ''}{n:02d}.png" for n in range(len(faces))]
    for name, face in zip(names, faces, strict=True):
        face.resize((32, 32)).save(folder / name)
    rows = [f"{name},{n % 2},1" for n, name in enumerate(names)]
    _write_lines(folder / "labels.csv", "file,Smiling,Male", *rows)


def _lay_out_portraits(folder: Path, faces: Sequence[Image.Image]) -> None:
    folder.mkdir()
    rows = []
    for number, face in enumerate(faces):
        face.save(folder / f"{number}.png")
        places = (place + number / 4 for point in _POINTS for place in point)
        expression = ("smiling", "neutral")[number % 2]
        rows.append(",".join(map(str, (f"{number}.png", number // 2, expression, *places))))
    _write_lines(folder / NAME, ",".join(("file", "person", "expression", *PLACES)), *rows)


def _lay_out_celeba(folder: Path, faces: Sequence[Image.Image]) -> None:
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, len(faces) + 1)]
    for name, face in zip(names, faces, strict=True):
        face.resize((178, 218)).save(folder / "img_align_celeba" / name)
    rows = [f"{name} {'1' if n % 2 else '-1'}  1 -1" for n, name in enumerate(names)]
    _write_lines(folder / "list_attr_celeba.txt", str(len(rows)), "Smiling Male Young ", *rows)
    parts = [f"{name} {part}" for name, part in zip(names, "000012", strict=True)]
    _write_lines(folder / "list_eval_partition.txt", *parts)
    _write_lines(folder / "identity_CelebA.txt", *(f"{name} {n}" for n, name in enumerate(names)))


def _write_lines(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


def take(sound: Path, *names: str) -> None:
    """Copy sound inputs, files or folders, to the working folder."""
    for name in names:
        if (sound / name).is_dir():
            shutil.copytree(sound / name, name)
        else:
            shutil.copy(sound / name, name)
