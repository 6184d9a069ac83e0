"""A model in use: what is outside the region stays, bit for bit, whatever photograph comes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.models import Witness, convinced
from fixtures.photographs import box, changed, photograph
from PIL import ExifTags, Image
from torch import Tensor

import ebgan_kit
from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import pixels
from ebgan_kit.images.photographs import upright_rgb
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.masks.region import area
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.trainer import train
from ebgan_kit.types import Edit, Faces


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


def checking(editor: Editor) -> Callable[..., None]:
    """`Editor.check`, called as `Editor.edit` is."""

    def check(source: Any, exemplar: Any, *how: Any, **named: Any) -> None:
        editor.check(Request(source, [Change(exemplar, *how, **named)]))

    return check


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
    editor.check(Request(source, [Change(source, mask)]))
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


def test_detail_is_for_photographs_that_are_larger_than_the_models_faces(editor: Editor) -> None:
    exemplar = photograph(160, 160, seed=1)
    small, large = photograph(64, 64), photograph(160, 160)
    fine, plain = (editor.edit(large, exemplar, "mouth", detail=on) for on in (True, False))
    assert changed(fine, plain).any()
    assert not (changed(fine, plain) & ~changed(large, fine) & ~changed(large, plain)).any()
    one, other = (editor.edit(small, exemplar, "mouth", detail=on) for on in (True, False))
    assert one.tobytes() == other.tobytes()


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


def test_a_region_is_as_large_as_the_model_has_learned_it(editor: Editor) -> None:
    """Of several masks of a region the first counts; one that it has not learned is plain."""
    source, exemplar = photograph(128, 128), photograph(128, 128, seed=1)

    def filled(names: Any, **mask: Any) -> Tensor:
        header = replace(editor.header, recipe={**editor.header.recipe, "mask": mask})
        return changed(source, replace(editor, header=header).edit(source, exemplar, names))

    learned = [{"use": "region", "regions": ["mouth"], "grow": grow} for grow in (-0.2, 0.1)]
    tight, wide = (filled(None, **mask) for mask in learned)
    plain = filled("mouth", use="freeform")
    assert tight.sum() < 0.7 * plain.sum() < 0.7 * wide.sum()
    assert torch.equal(filled(None, use="any-of", of=learned), tight)
    nose = filled("nose", **learned[0])
    assert (filled(["mouth", "nose"], **learned[0]) ^ (tight | nose)).sum() < 0.02 * nose.sum()


def test_the_whole_face_is_a_region(editor: Editor) -> None:
    """All of the model's square, the middle of the photograph."""
    source, exemplar = photograph(160, 128), photograph(128, 128, seed=1)
    edited = changed(source, editor.edit(source, exemplar, "whole"))
    assert edited[:, 16:144].float().mean() > 0.9
    assert not edited[:, :16].any()
    assert not edited[:, 144:].any()


def test_a_model_of_whole_images_edits_all_unless_told(
    tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    editor = load(train(tiny("mask.use=whole", "train.images=4"), tmp_path / "run"), "cpu")
    source, exemplar = photograph(64, 64), photograph(64, 64, seed=1)
    by_itself, everywhere = (editor.edit(source, exemplar, mask) for mask in (None, "whole"))
    assert by_itself.tobytes() == everywhere.tobytes()
    mouth = changed(source, editor.edit(source, exemplar, "mouth"))
    assert 0 < mouth.float().mean() < 0.3
    assert torch.equal(area_of_mouth(editor), mouth | area_of_mouth(editor))


def area_of_mouth(editor: Editor) -> torch.Tensor:
    """[H, W]: the mouth of a face that is as the model expects it, 64 pixels wide."""
    faces = Faces(torch.zeros(1, 3, 64, 64), landmarks=64 * editor.template[None])
    return area(faces, ["mouth"])[0, 0] > 0.5


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
    for use in (editor.edit, checking(editor)):
        with pytest.raises(UsageError) as caught:
            use(source, source, mask, exemplar_mask)
        assert words in str(caught.value)


# Attributes


@pytest.fixture(scope="module")
def switching(att_file: Path) -> Editor:
    """An editor with the switches Smiling and Mustache."""
    return load(att_file, "cpu")


SWITCHES = [{"Smiling": s, "Mustache": m} for s in (False, True) for m in (False, True)]


def without_classifier(editor: Editor) -> Editor:
    return replace(editor, judge=None)


def test_every_switch_changes_the_region_and_nothing_else(switching: Editor) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    mask = box(90, 80, 20, 35, 70, 75)
    edits = [
        switching.edit(source, exemplar, mask, "mouth", attributes=switches)
        for switches in SWITCHES
    ]
    assert len({edit.tobytes() for edit in edits}) == 4
    for edit in edits:
        difference = changed(source, edit)
        assert difference[35:75, 20:70].float().mean() > 0.9
        difference[35:75, 20:70] = False
        assert not difference.any()


def test_with_all_off_the_exemplar_does_not_matter(switching: Editor) -> None:
    source = photograph(90, 80)
    first, second = (
        [switching.edit(source, photograph(64, 64, seed=seed), attributes=switches).tobytes()
         for switches in SWITCHES]
        for seed in (1, 2)
    )  # fmt: skip
    assert first[0] == second[0]
    assert all(one != other for one, other in zip(first[1:], second[1:], strict=True))


@pytest.mark.parametrize("switches", SWITCHES)
def test_what_is_not_named_is_as_the_classifier_finds_it(
    att_file: Path, tmp_path: Path, switches: dict[str, bool]
) -> None:
    logits = [4.0 if value else -4.0 for value in switches.values()]
    editor = load(convinced(att_file, tmp_path / "sure", logits), "cpu")
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    expected = editor.edit(source, exemplar, attributes=switches).tobytes()
    for given in (None, {}, {"Smiling": switches["Smiling"]}, {"Mustache": switches["Mustache"]}):
        assert editor.edit(source, exemplar, attributes=given).tobytes() == expected
    other = {"Mustache": not switches["Mustache"]}
    assert editor.edit(source, exemplar, attributes=other).tobytes() == (
        editor.edit(source, exemplar, attributes=switches | other).tobytes()
    )


def test_the_classifier_looks_at_each_exemplar(switching: Editor, faces: Faces) -> None:
    findings = switching.judge.finds(faces.image)
    whole = replace(faces, region=area(faces, ["mouth"]), attributes=None)
    source, exemplar = whole[:8], whole[8:]
    edit = switching.complete(source, exemplar)
    assert torch.equal(edit.wanted, findings[8:])
    expected = switching.complete(source, exemplar, findings[8:]).image
    assert torch.equal(edit.image, expected)


def test_switches_of_a_batch_of_tensors(switching: Editor) -> None:
    sources = torch.stack([source_tensor(photograph(64, 64, seed=seed)) for seed in range(3)])
    exemplar = source_tensor(photograph(70, 64, seed=9))
    for switches in SWITCHES:
        together = switching.edit(sources, exemplar, attributes=switches)
        for source, edited in zip(sources, together, strict=True):
            alone = switching.edit(source, exemplar, attributes=switches)
            assert torch.allclose(alone, edited, atol=1e-5)


# Labels, for a model that needs to know what the source shows


def told(editor: Editor, source: Faces, exemplar: Faces, wanted: Tensor | None = None) -> Witness:
    """What an editor tells its model of these faces."""
    model = Witness()
    edit = replace(editor, model=model).complete(source, exemplar, wanted)
    for known, of_edit in (
        (model.source, edit.source.attributes),
        (model.exemplar, edit.exemplar.attributes),
        (model.wanted, edit.wanted),
    ):
        assert known is of_edit is None or torch.equal(known, of_edit)
    return model


def mouths(faces: Faces, labels: Tensor | None) -> tuple[Faces, Faces]:
    known = replace(faces, region=area(faces, ["mouth"]), attributes=labels)
    return known[:8], known[8:]


def labels_of(columns: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(16, columns, generator=generator) < 0.5).float()


@pytest.mark.parametrize("columns", [2, 5])
def test_known_labels_reach_the_model_as_its_own(
    switching: Editor, faces: Faces, columns: int
) -> None:
    """Those that the data know beyond the model's come after them."""
    labels = labels_of(columns)
    assert not torch.equal(labels[:, :2], switching.judge.finds(faces.image))
    model = told(switching, *mouths(faces, labels))
    assert torch.equal(model.source, labels[:8, :2])
    assert torch.equal(model.exemplar, labels[8:, :2])
    assert torch.equal(model.wanted, labels[8:, :2])


def test_unknown_labels_are_what_the_classifier_finds(switching: Editor, faces: Faces) -> None:
    findings = switching.judge.finds(faces.image)
    model = told(switching, *mouths(faces, None))
    assert torch.equal(model.source, findings[:8])
    assert torch.equal(model.exemplar, findings[8:])
    assert torch.equal(model.wanted, findings[8:])


def test_each_side_is_looked_at_by_itself(switching: Editor, faces: Faces) -> None:
    """A source whose labels are known, and an exemplar that nobody has labelled."""
    labels, findings = labels_of(2), switching.judge.finds(faces.image)
    source, exemplar = mouths(faces, labels)
    model = told(switching, source, replace(exemplar, attributes=None))
    assert torch.equal(model.source, labels[:8])
    assert torch.equal(model.wanted, findings[8:])


def test_what_is_wanted_changes_no_labels(switching: Editor, faces: Faces) -> None:
    labels = labels_of(2)
    model = told(switching, *mouths(faces, labels), wanted=1 - labels[8:])
    assert torch.equal(model.source, labels[:8])
    assert torch.equal(model.exemplar, labels[8:])
    assert torch.equal(model.wanted, 1 - labels[8:])


def test_without_a_classifier_unknown_labels_stay_unknown(switching: Editor, faces: Faces) -> None:
    blind, labels = without_classifier(switching), labels_of(2)
    model = told(blind, *mouths(faces, None), wanted=labels[8:])
    assert model.source is None
    assert model.exemplar is None
    assert torch.equal(model.wanted, labels[8:])
    assert torch.equal(told(blind, *mouths(faces, labels)).source, labels[:8])


def test_a_model_without_attributes_is_told_of_none(editor: Editor, faces: Faces) -> None:
    model = told(editor, *mouths(faces, labels_of(3)))
    assert model.source is model.exemplar is model.wanted is None


def test_a_photographs_labels_are_what_the_classifier_finds_in_it(
    att_file: Path, tmp_path: Path
) -> None:
    """Of the source and of the exemplar; a switch says what is wanted, and not what there is."""
    editor = load(convinced(att_file, tmp_path / "sure", [4.0, -4.0]), "cpu")
    model = Witness()
    witnessed = replace(editor, model=model)
    witnessed.edit(photograph(70, 90), photograph(64, 64, seed=1), attributes={"Mustache": True})
    assert model.source.tolist() == [[1, 0]]
    assert model.exemplar.tolist() == [[1, 0]]
    assert model.wanted.tolist() == [[1, 1]]
    sources = torch.stack([source_tensor(photograph(64, 64, seed=seed)) for seed in range(3)])
    witnessed.edit(sources, source_tensor(photograph(64, 64, seed=9)))
    assert model.source.tolist() == model.exemplar.tolist() == [[1, 0]] * 3


def test_the_classifier_sees_the_source_as_the_model_does(switching: Editor) -> None:
    """Its middle square, at the model's size."""
    source, model = photograph(178, 218), Witness()
    replace(switching, model=model).edit(source, source, box(178, 218, 40, 100, 140, 180))
    assert model.seen.image.shape == (1, 3, 64, 64)
    assert torch.equal(model.source, switching.judge.finds(model.seen.image))


def test_a_model_that_needs_labels_says_so_in_one_sentence(switching: Editor, faces: Faces) -> None:
    class Needy(Witness):
        def edit(self, source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
            if source.attributes is None:
                raise ValueError("what the source shows must be known")
            return super().edit(source, exemplar, wanted)

    blind = replace(without_classifier(switching), model=Needy())
    with pytest.raises(UsageError, match="what the source shows must be known"):
        blind.complete(*mouths(faces, None))
    with pytest.raises(UsageError, match="what the source shows must be known"):
        blind.edit(photograph(64, 64), photograph(64, 64),
                   attributes={"Smiling": True, "Mustache": True})  # fmt: skip
    assert blind.complete(*mouths(faces, labels_of(2))).completed.shape == (8, 3, 64, 64)


BEYOND = "the mask does not cover where Mustache shows: leave its switch out, or give a larger mask"


@pytest.mark.parametrize(
    ("mask", "switches", "sentence"),
    [
        (None, {"Smilng": True}, "this model has no switch Smilng; did you mean 'Smiling'?"),
        (None, {"Bald": True}, "this model has no switch Bald; there is Mustache, Smiling"),
        ("nose", {"Mustache": True}, BEYOND),
        (["eyes", "brows"], {"Mustache": False}, BEYOND),
        (box(70, 90, 20, 15, 50, 35), {"Mustache": True}, BEYOND),
    ],
)
def test_a_wrong_switch(
    switching: Editor, mask: Any, switches: dict[str, bool], sentence: str
) -> None:
    source = photograph(70, 90)
    for use in (switching.edit, checking(switching)):
        with pytest.raises(UsageError) as caught:
            use(source, source, mask, attributes=switches)
        assert str(caught.value) == sentence


def test_a_switch_for_what_the_exemplars_mask_does_not_cover(switching: Editor) -> None:
    """It would be switched on and taken from nowhere."""
    source = photograph(70, 90)
    for use in (switching.edit, checking(switching)):
        with pytest.raises(UsageError, match="does not cover where Mustache shows"):
            use(source, source, "mouth", "nose", attributes={"Mustache": True})


@pytest.mark.parametrize("mask", ["mouth", "components", "face", ["nose", "mouth"]])
def test_a_larger_mask_shows_the_attribute_too(switching: Editor, mask: Any) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    on, off = (
        switching.edit(source, exemplar, mask, attributes={"Smiling": False, "Mustache": value})
        for value in (True, False)
    )
    assert changed(on, off).any()


def test_a_mask_beyond_all_switches_is_edited_without_them(switching: Editor) -> None:
    """Nothing of the exemplar can be shown there, and nobody asked for any of it."""
    source = photograph(64, 64)
    one, other = (
        switching.edit(source, photograph(64, 64, seed=seed), "nose").tobytes() for seed in (1, 2)
    )
    assert one == other != source.tobytes()


def test_a_model_without_attributes_has_no_switches(editor: Editor) -> None:
    source = photograph(70, 90)
    for use in (editor.edit, checking(editor)):
        with pytest.raises(UsageError) as caught:
            use(source, source, attributes={"Mustache": True})
        assert str(caught.value) == "this model edits no attributes: it has no switch Mustache"
    assert editor.edit(source, source, attributes={}) == editor.edit(source, source)


@pytest.mark.parametrize("switches", [{}, {"Mustache": True}])
def test_without_a_classifier_all_must_be_said(
    switching: Editor, switches: dict[str, bool]
) -> None:
    source, editor = photograph(70, 90), without_classifier(switching)
    for use in (editor.edit, checking(editor)):
        with pytest.raises(UsageError) as caught:
            use(source, source, attributes=switches)
        assert str(caught.value) == (
            "this model has no classifier to find attributes in the exemplar: switch each of "
            "Smiling, Mustache on or off"
        )
    said = {"Mustache": True, "Smiling": False}
    expected = switching.edit(source, source, attributes=said)
    assert editor.edit(source, source, attributes=said) == expected


def test_without_a_classifier_nothing_is_asked_that_the_mask_cannot_show(
    switching: Editor,
) -> None:
    source = photograph(70, 90)
    expected = switching.edit(source, source, "nose")
    assert without_classifier(switching).edit(source, source, "nose") == expected


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
    header = ModelFile.open(model_file).header
    assert header.recipe["name"] == "tiny"
    assert header.recipe["loss"]["cycle"]["weight"] == 10
    assert (header.images, header.size, header.attributes) == (16, 64, [])
    assert header.mask == "1 is to be filled"
    assert header.normalisation == "colour levels 0 to 255 as -1 to 1"
    assert header.plugins == {"ebgan-kit": header.kit}
    assert header.packages == {"ebgan-kit": "ebgan-kit"}
    assert not header.whole_image
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


def test_photographs_of_any_size_are_edited_together_as_alone(editor: Editor) -> None:
    exemplar = photograph(70, 90, seed=1)
    sources = [photograph(64, 64, seed=2), photograph(100, 70, seed=3), photograph(80, 80, seed=4)]
    together = editor.edit_all([Request(one, [Change(exemplar, "mouth")]) for one in sources])
    for source, edited in zip(sources, together, strict=True):
        alone = editor.edit(source, exemplar, "mouth")
        assert isinstance(edited, Image.Image)
        assert edited.size == source.size
        assert (levels(edited) - levels(alone)).abs().max() <= 1


def levels(picture: Any) -> Tensor:
    return torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).int()


def test_a_model_draws_in_the_precision_that_it_was_trained_in(
    tiny: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = train(tiny("train.images=4", "train.precision=bf16"), tmp_path / "run")
    editors = {}
    for able in (True, False):
        monkeypatch.setattr(
            torch.cpu, "get_capabilities", lambda able=able: {"avx512_bf16": able}, raising=False
        )
        editors[able] = load(path, "cpu")
    source, exemplar = photograph(64, 64, seed=1), photograph(64, 64, seed=2)
    half, whole = (levels(editors[able].edit(source, exemplar, "whole")) for able in (True, False))
    assert not torch.equal(half, whole)
    assert (half - whole).abs().max() <= 4
