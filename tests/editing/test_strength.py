"""How far attributes go, and what stays before a face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.command import Answer
from fixtures.models import Witness, convinced
from fixtures.photographs import box, changed, photograph
from PIL import Image

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.editing.switches import takes_all
from ebgan_kit.errors import UsageError
from ebgan_kit.types import Faces

Command = Callable[..., Answer]

ON = {"Smiling": True, "Mustache": True}


@pytest.fixture
def sure(att_file: Path, tmp_path: Path) -> Editor:
    """An editor whose classifier finds that everybody smiles, without a moustache."""
    return load(convinced(att_file, tmp_path / "sure", [4.0, -4.0]), "cpu")


def edited(editor: Editor, **how: Any) -> Image.Image:
    image = editor.edit(photograph(90, 80), photograph(64, 64, seed=1), "mouth", **how)
    assert isinstance(image, Image.Image)
    return image


# Strength


def test_a_strength_of_one_is_the_edit_without_it(sure: Editor) -> None:
    plain = edited(sure, attributes=ON)
    assert edited(sure, attributes=ON, strength=1).tobytes() == plain.tobytes()
    assert edited(sure, attributes=ON, strength=0.5).tobytes() != plain.tobytes()


@pytest.mark.parametrize(
    ("wanted", "all_of_it"),
    [
        ([1.0, 0.0], True),
        ([2.0, -1.0], True),  # twice as far: the source had the second, the exemplar has not
        ([1.0, 1.0], True),  # switched on beside what the exemplar has
        ([0.0, 0.0], False),
        ([0.5, 0.0], False),
    ],
)
def test_an_edit_takes_all_of_an_exemplar_unless_something_is_switched_off(
    wanted: list[float], all_of_it: bool
) -> None:
    exemplar = Faces(torch.zeros(1, 3, 8, 8), attributes=torch.tensor([[1.0, 0.0]]))
    assert takes_all(torch.tensor([wanted]), exemplar).tolist() == [all_of_it]


def test_attributes_go_from_the_sources_to_what_is_wanted(sure: Editor) -> None:
    """The source smiles already: that does not change. The moustache goes as far as is said."""
    model = Witness()
    model.graded = True  # type: ignore[attr-defined]
    for strength in (0, 0.25, 1, 2):
        edited(replace(sure, model=model), attributes=ON, strength=strength)
        assert torch.allclose(model.wanted, torch.tensor([[1.0, strength]]))


def test_a_strength_of_zero_wants_what_the_source_has(sure: Editor) -> None:
    stay = {"Smiling": True, "Mustache": False}
    assert (
        edited(sure, attributes=ON, strength=0).tobytes() == edited(sure, attributes=stay).tobytes()
    )


def test_models_that_know_no_strength_say_so(sure: Editor, model_file: Path) -> None:
    for editor, words in (
        (load(model_file, "cpu"), "this model edits no attributes"),
        (replace(sure, model=Witness()), "has an attribute or has it not"),
        (replace(sure, judge=None), "no classifier to find the source's attributes"),
    ):
        request = Request(photograph(90, 80), [Change(photograph(64, 64), "mouth", strength=0.5)])
        if "classifier" in words:
            request = replace(request, changes=[replace(request.changes[0], attributes=ON)])
        for use in (editor.check, lambda one, by=editor: by.edit_all([one])):
            with pytest.raises(UsageError, match=words):
                use(request)


@pytest.mark.parametrize("strength", [-0.1, 2.1, "1", True, None, float("nan")])
def test_no_strength(strength: Any) -> None:
    with pytest.raises(UsageError, match="expected is a number from 0 to 2"):
        Change(photograph(8, 8), strength=strength)


def test_a_strength_of_a_change_among_others(
    command: Command, att_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    photograph(64, 64).save("me.png")
    photograph(64, 64, seed=1).save("b.png")
    words = ["--source", "me.png", "-o", "o.png"]
    one = ["--exemplar", "b.png", "--region", "mouth", "--with", "Mustache", "--with", "Smiling"]
    text = "mouth from b.png with Mustache,Smiling strength 0.5"
    assert command("edit", att_file, *words, *one, "--strength", "0.5").status == 0
    first = Path("o.png").read_bytes()
    assert command("edit", att_file, *words, "--change", text, "--save", "e.json").status == 0
    assert Path("o.png").read_bytes() == first
    assert command("edit", "--replay", "e.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == first
    assert command("edit", att_file, *words, *one, "--strength", "3").status == 2
    both = command("edit", att_file, *words, "--strength", "0.5", "--change", text)
    assert "--change says all of it" in both.err


# What is kept


def test_what_is_kept_stays(editor: Editor) -> None:
    source, exemplar = photograph(90, 80), photograph(64, 64, seed=1)
    mask, hand = box(90, 80, 20, 35, 70, 75), box(90, 80, 50, 0, 90, 80)
    for feather in (0, 5):
        image = editor.edit(source, exemplar, mask, "mouth", keep=hand, feather=feather)
        assert isinstance(image, Image.Image)
        difference = changed(source, image)
        assert not difference[:, 50:].any()
        assert difference[45:65, 30:45].float().mean() > 0.9


def test_the_model_knows_that_what_is_kept_is_not_to_be_filled(editor: Editor) -> None:
    model = Witness()
    source, hand = photograph(64, 64), box(64, 64, 32, 0, 64, 64)
    replace(editor, model=model).edit(source, source, box(64, 64, 20, 35, 50, 60), keep=hand)
    region = model.seen.region
    assert region is not None
    size = region.shape[-1]
    assert region[..., size // 2 :].sum() == 0
    assert region[..., : size // 2].sum() > 0


def test_what_is_kept_may_be_of_any_kind(editor: Editor, tmp_path: Path) -> None:
    source, hand = photograph(64, 64), box(64, 64, 32, 0, 64, 64)
    hand.save(tmp_path / "hand.png")
    lit = torch.zeros(64, 64)
    lit[:, 32:] = 1
    edits = [
        editor.edit(source, source, "mouth", keep=keep)
        for keep in (hand, tmp_path / "hand.png", lit, lit.numpy())
    ]
    assert len({one.tobytes() for one in edits if isinstance(one, Image.Image)}) == 1


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (box(64, 64, 0, 0, 64, 64), "what is kept covers all that is to be filled: keep less"),
        (box(60, 64, 0, 0, 9, 9), "what is kept has 60x64 pixels and its photograph 64x64"),
    ],
)
def test_what_cannot_be_kept(editor: Editor, keep: Image.Image, words: str) -> None:
    source = photograph(64, 64)
    with pytest.raises(UsageError, match=words):
        editor.edit(source, source, "mouth", keep=keep)


def test_keep_on_the_command_line(
    command: Command, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved, replayed, and for a folder one of each name."""
    monkeypatch.chdir(tmp_path)
    source, hand = photograph(64, 64), box(64, 64, 32, 0, 64, 64)
    for folder, image in (("photographs", source), ("hands", hand)):
        Path(folder).mkdir()
        image.save(Path(folder, "me.png"))
    words = ["--exemplar", "photographs/me.png", "--region", "mouth"]
    one = ["--source", "photographs/me.png", "--keep", "hands/me.png", "-o", "o.png"]
    assert command("edit", model_file, *words, *one, "--save", "e.json").status == 0
    with Image.open("o.png") as image:
        assert not changed(source, image)[:, 32:].any()
    assert command("edit", "--replay", "e.json", "-o", "again.png").status == 0
    assert Path("again.png").read_bytes() == Path("o.png").read_bytes()
    many = ["--source", "photographs", "--keep", "hands", "-o", "out"]
    assert command("edit", model_file, *words, *many).status == 0
    assert Path("out/me.png").read_bytes() == Path("o.png").read_bytes()


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")
