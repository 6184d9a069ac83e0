"""Pictures and masks as people give them in Python: read, given back in kind, or refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fixtures.photographs import box, photograph
from PIL import Image

from ebgan_kit.editing.editor import Editor, load
from ebgan_kit.editing.request import Change, Request
from ebgan_kit.errors import UsageError
from ebgan_kit.images.levels import from_bytes, pixels
from ebgan_kit.images.photographs import upright_rgb

SIZE = 70, 90
SOURCE, EXEMPLAR = photograph(*SIZE), photograph(64, 64, seed=1)
MASK = box(*SIZE, 20, 40, 50, 70)


@pytest.fixture(scope="module")
def editor(model_file: Path) -> Editor:
    return load(model_file, "cpu")


@pytest.fixture(scope="module")
def expected(editor: Editor) -> np.ndarray:
    """[H, W, 3]: the edit of SOURCE by EXEMPLAR in MASK, as images of Pillow's give it."""
    return np.asarray(editor.edit(SOURCE, EXEMPLAR, MASK))


def levels(image: Image.Image) -> torch.Tensor:
    """[3, H, W], uint8."""
    return pixels(image).permute(2, 0, 1).contiguous()


def batch(*images: Any) -> Any:
    return (torch.stack if isinstance(images[0], torch.Tensor) else np.stack)(images)


GIVEN: dict[str, Callable[[Image.Image], Any]] = {
    "an array": np.array,
    "a read-only array": np.asarray,
    "a turned view": lambda image: np.array(image)[..., ::-1].copy()[..., ::-1],
    "a batch of arrays": lambda image: np.array(image)[None],
    "levels": levels,
    "a batch of levels": lambda image: levels(image)[None],
    "float32": lambda image: from_bytes(levels(image)),
    "a batch of float32": lambda image: from_bytes(levels(image))[None],
    "float64": lambda image: levels(image).double() / 127.5 - 1,
    "float16": lambda image: from_bytes(levels(image)).half(),
    "bfloat16": lambda image: from_bytes(levels(image)).bfloat16(),
    "a parameter": lambda image: from_bytes(levels(image)).requires_grad_(),
}


def told_apart(edited: Any) -> np.ndarray:
    """[H, W, 3], uint8: what came back, of whatever kind."""
    if isinstance(edited, torch.Tensor):
        edited = edited.detach().reshape(3, *SIZE[::-1]).permute(1, 2, 0)
        if edited.is_floating_point():
            edited = ((edited.float() + 1) * 127.5).round().clamp(0, 255).byte()
        return edited.numpy()
    return np.asarray(edited).reshape(*SIZE[::-1], 3)


@pytest.mark.parametrize("kind", GIVEN)
def test_what_comes_back_is_of_the_kind_that_was_given(
    editor: Editor, expected: np.ndarray, kind: str
) -> None:
    source = GIVEN[kind](SOURCE)
    edited = editor.edit(source, GIVEN[kind](EXEMPLAR), MASK)
    assert type(edited) in (type(source), torch.Tensor)
    assert (edited.shape, edited.dtype) == (source.shape, source.dtype)
    coarse = 2 if kind == "bfloat16" else 1
    assert np.abs(told_apart(edited).astype(int) - expected).max() <= coarse
    inside = np.asarray(MASK) > 127
    if isinstance(source, torch.Tensor):
        outside = torch.from_numpy(~inside)
        assert torch.equal(edited[..., outside], source[..., outside])
    else:
        assert np.array_equal(edited[..., ~inside, :], source[..., ~inside, :])
    assert np.array_equal(told_apart(source), np.asarray(SOURCE)) or coarse > 1  # is left alone


def test_a_path_is_answered_with_an_image(
    editor: Editor, expected: np.ndarray, tmp_path: Path
) -> None:
    SOURCE.save(tmp_path / "source.png")
    EXEMPLAR.save(tmp_path / "exemplar.png")
    MASK.save(tmp_path / "mask.png")
    paths = [tmp_path / f"{name}.png" for name in ("source", "exemplar", "mask")]
    for given in (paths, [str(path) for path in paths]):
        edited = editor.edit(*given)
        assert isinstance(edited, Image.Image)
        assert np.array_equal(np.asarray(edited), expected)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
def test_grey_and_transparent_arrays(editor: Editor, mode: str) -> None:
    """They come back in RGB, as the same image of Pillow's does."""
    source = photograph(*SIZE, mode)
    edited = editor.edit(np.asarray(source), EXEMPLAR, MASK)
    assert edited.shape == (90, 70, 3)
    assert np.array_equal(edited, np.asarray(editor.edit(source, EXEMPLAR, MASK)))
    inside = np.asarray(MASK) > 127
    assert np.array_equal(edited[~inside], np.asarray(upright_rgb(source))[~inside])
    if mode == "L":
        assert np.array_equal(editor.edit(np.array(source)[..., None], EXEMPLAR, MASK), edited)


MASKS: dict[str, Callable[[np.ndarray], Any]] = {
    "bool": lambda lit: lit,
    "uint8": lambda lit: lit.astype(np.uint8) * 255,
    "ones": lambda lit: lit.astype(np.uint8),
    "whole numbers": lambda lit: lit.astype(np.int64),
    "floats": lambda lit: lit.astype(np.float64),
    "a soft mask": lambda lit: np.where(lit, 0.7, 0.3),
    "float levels": lambda lit: lit.astype(np.float32) * 255,
    "one channel": lambda lit: lit[..., None],
    "three channels": lambda lit: np.repeat(lit[..., None], 3, -1).astype(np.uint8) * 255,
    "a batch of one": lambda lit: lit[None],
    "a batch of one channel": lambda lit: lit[None, ..., None],
    "a tensor of bool": torch.from_numpy,
    "a tensor of uint8": lambda lit: torch.from_numpy(lit).byte() * 255,
    "a tensor of ones": lambda lit: torch.from_numpy(lit).byte(),
    "a tensor of floats": lambda lit: torch.from_numpy(lit)[None, None].float(),
    "an image of bits": lambda lit: Image.fromarray(lit),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_any_kind(editor: Editor, expected: np.ndarray, kind: str) -> None:
    mask = MASKS[kind](np.asarray(MASK) > 127)
    assert np.array_equal(np.asarray(editor.edit(SOURCE, EXEMPLAR, mask)), expected)


@pytest.mark.parametrize("several", ["masks", "exemplars", "both", "exemplar masks"])
def test_one_for_all_or_one_for_each(editor: Editor, several: str) -> None:
    """Every picture of a batch is edited as it is alone."""
    sources = batch(*(np.array(photograph(*SIZE, seed=seed)) for seed in range(3)))
    exemplars = [np.array(photograph(64, 64, seed=seed)) for seed in (7, 8, 9)]
    masks = [np.array(box(*SIZE, 20, 40 + n, 50, 70)) for n in range(3)]
    theirs = [np.array(box(64, 64, 10 + n, 10, 50, 50)) for n in range(3)]
    if several not in ("exemplars", "both"):
        exemplars = exemplars[:1] * 3
    if several not in ("masks", "both"):
        masks = masks[:1] * 3
    if several != "exemplar masks":
        theirs = theirs[:1] * 3

    def given(each: list[np.ndarray]) -> np.ndarray:
        return each[0] if each[0] is each[1] else batch(*each)

    together = editor.edit(sources, given(exemplars), given(masks), given(theirs))
    own = editor.edit(sources, given(exemplars), given(masks))
    for n, source in enumerate(sources):
        alone = editor.edit(source, exemplars[n], masks[n], theirs[n])
        assert np.abs(together[n].astype(int) - alone).max() <= 1
        alone = editor.edit(source, exemplars[n], masks[n])
        assert np.abs(own[n].astype(int) - alone).max() <= 1


FLOATS = from_bytes(levels(SOURCE))
FOUR, THREE = (FLOATS.expand(n, -1, -1, -1) for n in (4, 3))
HOLES = FLOATS.clone()
HOLES[0, 5, 5] = torch.nan
NONE = torch.zeros(90, 70)
LIT = NONE.clone()
LIT[40:70, 20:50] = 1
UNKNOWN = LIT.clone()
UNKNOWN[0, 0] = torch.nan
A_PICTURE = "expected is an image of Pillow's, the path of one, a numpy array [H, W, 3] of uint8"
A_LIST = "expected is a list of Change, such as [Change(exemplar, 'mouth')]"

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    # sources and exemplars
    "nothing": ({"source": None}, f"the source is of the type NoneType; {A_PICTURE}"),
    "a number": ({"exemplar": 3}, f"the exemplar is of the type int; {A_PICTURE}"),
    "bytes": ({"source": b"\x89PNG"}, "the source is of the type bytes; "),
    "a list of sources": (
        {"source": [SOURCE, SOURCE]},
        "the source is of the type list; several of one size",
    ),
    "no such file": ({"source": "none.png"}, "none.png: cannot be read as an image: No such file"),
    "no image": ({"exemplar": __file__}, "test_given.py: cannot be read as an image: "),
    "a folder": ({"source": Path(__file__).parent}, "editing: cannot be read as an image: "),
    "three for four": (
        {"source": FOUR, "exemplar": THREE},
        "the exemplar is a batch of 3, and the source of 4: give one for all, or as many",
    ),
    "three for one": ({"exemplar": THREE}, "the exemplar is a batch of 3, and the source of 1"),
    "an array of floats": (
        {"source": np.asarray(SOURCE) / 255},
        "the source is an array [90, 70, 3] of float64: expected is [H, W, 3]",
    ),
    "an array of channels first": (
        {"source": np.asarray(SOURCE).transpose(2, 0, 1)},
        "the source is an array [3, 90, 70] of uint8: expected is [H, W, 3]",
    ),
    "an array of objects": ({"source": np.array([["a"]], object)}, "the source is an array "),
    "an array of none": ({"source": np.zeros((0, 5, 3), np.uint8)}, "the source is an array [0, 5"),
    "a tensor of channels last": (
        {"source": FLOATS.permute(1, 2, 0)},
        "the source is a tensor [90, 70, 3]: expected is [3, H, W] or [B, 3, H, W]",
    ),
    "grey": ({"exemplar": FLOATS[:1]}, "the exemplar is a tensor [1, 90, 70]: expected is [3,"),
    "two dimensions": ({"source": FLOATS[0]}, "the source is a tensor [90, 70]: expected"),
    "five": ({"source": FLOATS[None, None]}, "the source is a tensor [1, 1, 3, 90, 70]: expected"),
    "an empty batch": ({"source": FOUR[:0]}, "the source is a tensor [0, 3, 90, 70]: expected"),
    "whole numbers": (
        {"source": levels(SOURCE).long()},
        "the source is a tensor of int64: expected are floats in [-1, 1], or uint8 levels",
    ),
    "truth": ({"source": FLOATS > 0}, "the source is a tensor of bool: expected are floats"),
    "complex": ({"source": FLOATS.cfloat()}, "the source is a tensor of complex64: expected"),
    "float levels": (
        {"source": levels(SOURCE).float()},
        "the source has values from 0 to 255: expected are floats in [-1, 1], which levels from 0",
    ),
    "beyond": ({"exemplar": FLOATS * 1.5}, "the exemplar has values from -1.5 to 1.5: expected"),
    "NaN": ({"source": HOLES}, "the source has values from nan to nan: expected are floats"),
    "infinite": ({"source": FLOATS / 0}, "the source has values from -inf to inf: expected"),
    # masks
    "a mask of NaN": ({"mask": UNKNOWN}, "the mask has values from nan to nan: expected is 1 for"),
    "a mask below 0": ({"mask": LIT * 2 - 1}, "the mask has values from -1 to 1: expected is 1"),
    "a mask beyond 255": ({"mask": LIT * 256}, "the mask has values from 0 to 256: expected is 1"),
    "a mask of nothing": ({"mask": NONE.numpy()}, "the mask is empty"),
    "a mask of text": ({"mask": np.array([["a"]])}, "the mask holds <U1: expected are bool"),
    "a mask of another size": ({"mask": LIT[1:]}, "the mask has 70x89 pixels and its photograph"),
    "a mask of one dimension": ({"mask": LIT[0]}, "the mask has the shape [70]: expected is [H, W"),
    "a mask in colour": (
        {"mask": LIT.expand(2, 3, -1, -1)},
        "the mask has the shape [2, 3, 90, 70]: expected is [H, W] or [B, 1, H, W]",
    ),
    "three masks": ({"mask": LIT.expand(3, -1, -1)}, "the mask is a batch of 3, and the source of"),
    "an empty one of two": (
        {"source": FOUR[:2], "mask": torch.stack([LIT, NONE])},
        "the mask is empty",
    ),
    "a mask that is a number": ({"mask": 5}, "the mask is of the type int; expected are names of"),
    "a set of names": ({"mask": {"mouth"}}, "the mask is of the type set; expected are names of"),
    "a complex mask": ({"mask": LIT.cfloat()}, "the mask holds complex numbers: expected are bool"),
    "a mask's path": ({"mask": "none.png"}, "none.png: cannot be read as an image: No such file"),
    "no region": ({"mask": []}, "[] names no region: give names such as mouth, or one picture"),
    "a list of masks": ({"mask": [LIT, LIT]}, "a list names no region: give names such as mouth"),
    "an exemplar's mask": (
        {"exemplar_mask": LIT},
        "the mask has 70x90 pixels and its photograph 64x64",
    ),
    "exemplar masks": (
        {"exemplar_mask": torch.ones(2, 1, 64, 64)},
        "the exemplar's mask is a batch of 2, and the source of 1",
    ),
    "a name of what is kept": (
        {"keep": "eyes"},
        "what is kept is a picture of the photograph's size, and not 'eyes'",
    ),
    "names of what is kept": (
        {"keep": ["eyes"]},
        "what is kept is a picture of the photograph's size, and not ['eyes']",
    ),
    # changes
    "no change": ({"exemplar": []}, "an edit makes 1 to 64 changes, and these are 0"),
    "pictures for changes": ({"exemplar": [EXEMPLAR, EXEMPLAR]}, A_LIST),
    "no changes at all": ({"exemplar": [None]}, f"the changes are NoneType: {A_LIST}"),
    "a change alone": ({"exemplar": Change(EXEMPLAR)}, "the exemplar is of the type Change; "),
    "too many changes": (
        {"exemplar": [Change(EXEMPLAR)] * 65},
        "an edit makes 1 to 64 changes, and these are 65: edit the result once more for the others",
    ),
    # eyes and the edge
    "three numbers": ({"eyes": (1, 2, 3)}, "(1, 2, 3) are no eyes: they are four numbers"),
    "no numbers": ({"exemplar_eyes": ()}, "() are no eyes: they are four numbers"),
    "points": ({"eyes": ((1, 2), (3, 4))}, "((1, 2), (3, 4)) are no eyes: they are four numbers"),
    "text": ({"eyes": "left"}, "'left' are no eyes: they are four numbers"),
    "eyes of NaN": ({"eyes": (1, torch.nan, 9, 9)}, "the eye 1,nan is outside the photograph"),
    "infinite eyes": ({"eyes": (1, 1, torch.inf, 9)}, "the eye inf,9 is outside the photograph"),
    "below 0": ({"feather": -1}, "the feather is -1: expected is a whole number of pixels from 0"),
    "a wide feather": ({"feather": 1001}, "the feather is 1001: expected is a whole number"),
    "half a pixel": ({"feather": 0.5}, "the feather is 0.5: expected is a whole number of pixels"),
    "eyes beyond all numbers": ({"eyes": (10**400, 1, 2, 3)}, "are no eyes: they are four numbers"),
    "a true feather": ({"feather": True}, "the feather is True: expected is a whole number"),
    "colours in words": ({"match_colours": "no"}, "match_colours is True or False, and not 'no'"),
    "a feather of text": ({"feather": "3"}, "the feather is '3': expected is a whole number"),
    # switches
    **{
        f"a switch {value!r}": (
            {"attributes": {"Mustache": value}},
            f"Mustache: a switch is True or False, and not {value!r}",
        )
        for value in (-1, 2, "yes", "on", None, 0.5, torch.nan, [True], np.array([True, False]))
    },
    "a list of switches": ({"attributes": ["Mustache"]}, "attributes are of the type list: "),
    "a switch alone": ({"attributes": "Mustache"}, "attributes are of the type str: expected are"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(editor: Editor, case: str) -> None:
    given, words = WRONG[case]
    with pytest.raises(UsageError) as caught:
        editor.edit(**{"source": SOURCE, "exemplar": EXEMPLAR, **given})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_tensor_from_0_to_1_is_warned_of(editor: Editor) -> None:
    """It cannot be told from a bright picture; one that has dark pixels is not doubted."""
    bright, whole = levels(SOURCE) / 255, from_bytes(levels(EXEMPLAR))
    for source, exemplar, called in ((bright, whole, "source"), (whole, bright, "exemplar")):
        with pytest.warns(UserWarning, match=f"the {called} has values from 0 to 1, and a tensor"):
            editor.edit(source, exemplar)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        editor.edit(whole, whole)
        editor.edit(torch.zeros(3, 64, 64), whole)
        editor.edit(np.full((64, 64, 3), 200, np.uint8), levels(EXEMPLAR))


@pytest.mark.parametrize("on", [1, 1.0, np.True_, np.int64(1), torch.tensor(True)])
def test_switches_as_numbers(att_file: Path, on: Any) -> None:
    editor = load(att_file, "cpu")
    off = type(on)(0) if not isinstance(on, torch.Tensor) else torch.tensor(False)
    for given, meant in ((on, True), (off, False)):
        edited, told = (editor.edit(SOURCE, EXEMPLAR, attributes={"Mustache": v})
                        for v in (given, meant))  # fmt: skip
        assert edited.tobytes() == told.tobytes()


def test_eyes_may_be_an_array(editor: Editor) -> None:
    eyes = (20.0, 40.0, 50.0, 44.0)
    told = editor.edit(SOURCE, EXEMPLAR, "mouth", eyes=eyes)
    assert editor.edit(SOURCE, EXEMPLAR, "mouth", eyes=np.array(eyes)).tobytes() == told.tobytes()


def test_what_may_be_edited_may_be_looked_at(editor: Editor) -> None:
    """The other questions that an editor answers take what an edit takes."""
    request = Request(np.asarray(SOURCE), [Change(np.asarray(EXEMPLAR), np.asarray(MASK))])
    editor.check(request)
    filled = editor.filled(request, request.changes[0])
    assert torch.equal(filled[0, 0] > 0, torch.from_numpy(np.array(MASK) > 127))
    assert editor.found(request, request.changes[0]) == {}
