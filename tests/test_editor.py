"""A model in use: what is outside the region stays, bit for bit, whatever photograph comes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import ExifTags, Image

import ebgan_kit
from ebgan_kit.data.photographs import pixels, upright_rgb
from ebgan_kit.editor import Editor, load
from ebgan_kit.errors import UsageError
from ebgan_kit.faces import Faces
from ebgan_kit.modelfile import read_header


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def photograph(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Noise, in which no pixel can change unseen."""
    generator = torch.Generator().manual_seed(seed)
    channels = len(Image.new(mode, (1, 1)).getbands())
    levels = torch.randint(0, 256, (height * width * channels,), generator=generator)
    return Image.frombytes(mode, (width, height), bytes(levels.tolist()))


def box(width: int, height: int, left: int, top: int, right: int, bottom: int) -> Image.Image:
    mask = Image.new("L", (width, height))
    mask.paste(255, (left, top, right, bottom))
    return mask


def changed(before: Image.Image, after: Image.Image) -> torch.Tensor:
    """[H, W], true where two pictures differ."""
    assert after.size == before.size
    return (pixels(before) != pixels(after)).any(-1)


SIZES = [(64, 64), (178, 218), (101, 67), (67, 101), (33, 35), (300, 299)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_picture_keeps_all_that_is_outside(editor: Editor, width: int, height: int) -> None:
    source, exemplar = photograph(width, height), photograph(80, 70, seed=1)
    middle, side = (width // 2, height // 2), min(width, height) // 4
    edges = (middle[0] - side, middle[1] - side, middle[0] + side, middle[1] + side)
    mask = box(width, height, *edges)
    edited = editor.edit(source, exemplar, mask, "mouth")
    assert edited.mode == "RGB"
    difference, area = changed(source, edited), pixels(mask) > 127
    assert not difference[~area].any()
    assert difference[area].float().mean() > 0.9


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_tensor_keeps_all_that_is_outside(editor: Editor, width: int, height: int) -> None:
    generator = torch.Generator().manual_seed(0)
    source = torch.rand(2, 3, height, width, generator=generator) * 2 - 1
    mask = torch.zeros(height, width)
    side = min(width, height) // 4
    rows = slice(height // 2 - side, height // 2 + side)
    columns = slice(width // 2 - side, width // 2 + side)
    mask[rows, columns] = 1
    edited = editor.edit(source, source.flip(0), mask)
    assert edited.shape == source.shape
    assert edited.dtype == torch.float32
    assert torch.equal(edited[:, :, mask == 0], source[:, :, mask == 0])
    assert (edited[:, :, mask == 1] != source[:, :, mask == 1]).float().mean() > 0.9


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "LA"])
def test_any_mode_of_picture(editor: Editor, mode: str) -> None:
    source = (
        photograph(70, 90, "RGB").convert(mode) if mode in ("P", "LA") else photograph(70, 90, mode)
    )
    edited = editor.edit(source, photograph(70, 90, seed=1), box(70, 90, 20, 40, 50, 70))
    difference = changed(upright_rgb(source), edited)
    assert difference[40:70, 20:50].any()
    difference[40:70, 20:50] = False
    assert not difference.any()


def test_a_photograph_that_lies_on_its_side(editor: Editor, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photograph(90, 70).save(tmp_path / "side.png", exif=exif)
    source = Image.open(tmp_path / "side.png")
    mask = box(70, 90, 20, 40, 50, 70)
    editor.check(source, source, mask)
    edited = editor.edit(source, source, mask)
    assert edited.size == (70, 90)
    difference = changed(upright_rgb(source), edited)
    difference[40:70, 20:50] = False
    assert not difference.any()


def test_the_same_edit_each_time(editor: Editor, model_file: Path) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    first = editor.edit(source, exemplar).tobytes()
    assert editor.edit(source, exemplar).tobytes() == first
    assert load(model_file, "cpu").edit(source, exemplar).tobytes() == first


def test_the_exemplar_matters_only_in_its_region(editor: Editor) -> None:
    """This model's encoder sees the region alone."""
    source, exemplar = photograph(64, 64), photograph(64, 64, seed=1)
    mask, theirs = box(64, 64, 20, 36, 44, 56), box(64, 64, 8, 8, 40, 32)
    plain = editor.edit(source, exemplar, mask, theirs)
    outside = exemplar.copy()
    outside.paste((255, 0, 0), (0, 40, 64, 64))
    assert editor.edit(source, outside, mask, theirs).tobytes() == plain.tobytes()
    batch = torch.stack([source_tensor(source), source_tensor(exemplar)])
    assert batch.shape == (2, 3, 64, 64)
    codes = [
        editor.complete(*pair_of_faces(batch[:1], other, theirs)).code
        for other in (
            source_tensor(exemplar)[None],
            source_tensor(photograph(64, 64, seed=2))[None],
        )
    ]
    assert not torch.equal(*codes)


def source_tensor(picture: Image.Image) -> torch.Tensor:
    return pixels(picture).permute(2, 0, 1) / 127.5 - 1


def pair_of_faces(
    source: torch.Tensor, exemplar: torch.Tensor, mask: Image.Image
) -> tuple[Faces, Faces]:
    region = (pixels(mask) > 127).float()[None, None]
    return Faces(source, region), Faces(exemplar, region)


# Masks


def test_names_of_regions(editor: Editor) -> None:
    source, exemplar = photograph(128, 128), photograph(128, 128, seed=1)
    default = changed(source, editor.edit(source, exemplar))
    mouth = changed(source, editor.edit(source, exemplar, "mouth"))
    nose = changed(source, editor.edit(source, exemplar, "nose"))
    both = changed(source, editor.edit(source, exemplar, ["mouth", "nose"]))
    assert torch.equal(default, mouth)
    assert mouth.any()
    assert nose.any()
    assert both.sum() > mouth.sum()
    assert (both & mouth).sum() > 0.9 * mouth.sum()
    assert (both & nose).sum() > 0.9 * nose.sum()
    rows = torch.arange(128).float()
    assert (mouth.sum(1) * rows).sum() / mouth.sum() > (nose.sum(1) * rows).sum() / nose.sum()


def test_a_picture_and_a_tensor_are_the_same_mask(editor: Editor) -> None:
    source, exemplar = photograph(64, 64), photograph(64, 64, seed=1)
    picture = box(64, 64, 20, 36, 44, 56)
    tensor = (pixels(picture) > 127).float()
    expected = editor.edit(source, exemplar, picture).tobytes()
    for mask in (tensor, tensor[None], tensor[None, None], picture.convert("RGB")):
        assert editor.edit(source, exemplar, mask).tobytes() == expected


def test_pictures_and_tensors_are_edited_alike(editor: Editor) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    picture = editor.edit(source, exemplar, "mouth")
    tensor = editor.edit(source_tensor(source), source_tensor(exemplar), "mouth")
    assert tensor.shape == (3, 80, 90)
    assert (source_tensor(picture) - tensor).abs().max() <= 1 / 127.5


def test_one_exemplar_for_a_batch(editor: Editor) -> None:
    sources = torch.stack([source_tensor(photograph(64, 64, seed=seed)) for seed in range(3)])
    exemplar = source_tensor(photograph(70, 64, seed=9))
    together = editor.edit(sources, exemplar)
    for source, edited in zip(sources, together, strict=True):
        assert torch.allclose(editor.edit(source, exemplar), edited, atol=1e-5)
    single = editor.edit(sources, exemplar[None])
    assert torch.equal(single, together)


@pytest.mark.parametrize(
    ("mask", "exemplar_mask", "words"),
    [
        ("mout", None, "no region is called 'mout'; did you mean 'mouth'?"),
        (["mouth", "noes"], None, "no region is called 'noes'; did you mean 'nose'?"),
        (box(70, 90, 0, 0, 0, 0), None, "the mask is empty"),
        (torch.zeros(90, 70), None, "the mask is empty"),
        (box(64, 64, 0, 0, 9, 9), None, "the mask has 64x64 pixels and its photograph 70x90"),
        (box(70, 90, 0, 0, 70, 90), None, "the mask reaches beyond the square of 70 pixels"),
        ("mouth", "noes", "no region is called 'noes'"),
        ("mouth", box(70, 90, 0, 0, 0, 0), "the exemplar's mask is empty"),
        ("mouth", box(64, 64, 0, 0, 9, 9), "the mask has 64x64 pixels"),
    ],
)
def test_wrong_masks(editor: Editor, mask: Any, exemplar_mask: Any, words: str) -> None:
    source = photograph(70, 90)
    for use in (editor.edit, editor.check):
        with pytest.raises(UsageError) as caught:
            use(source, source, mask, exemplar_mask)
        assert words in str(caught.value)


# Model files


def test_a_model_file_needs_nothing_else(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    expected = load(model_file, "cpu").edit(source, exemplar).tobytes()
    moved = tmp_path / "elsewhere" / "renamed.bin"
    moved.parent.mkdir()
    shutil.copy(model_file, moved)
    monkeypatch.chdir(moved.parent)
    assert ebgan_kit.load("renamed.bin", "cpu").edit(source, exemplar).tobytes() == expected


def test_what_a_model_file_says_of_itself(model_file: Path, editor: Editor) -> None:
    header = read_header(model_file)
    assert header.recipe["name"] == "tiny"
    assert header.recipe["loss"]["cycle"]["weight"] == 10
    assert (header.images, header.size, header.attributes) == (16, 64, [])
    assert header.mask == "1 is to be filled"
    assert header.normalisation == "colour levels 0 to 255 as -1 to 1"
    assert header.plugins == {"ebgan-kit": header.kit}
    assert header.licences == {}
    assert editor.template.shape == (5, 2)
    assert ((editor.template > 0) & (editor.template < 1)).all()


def test_a_model_file_is_plain_json_and_numbers(model_file: Path) -> None:
    data = model_file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert json.loads(header["__metadata__"]["ebgan-kit"])["size"] == 64
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    assert {entry["dtype"] for entry in tensors} == {"F32"}


def test_nothing_is_trained_in_use(editor: Editor) -> None:
    assert not editor.model.training
    assert not any(p.requires_grad for p in editor.model.parameters())
