"""The report on attributes: editors of which it is known what passes and what leaks."""

from __future__ import annotations

import functools
import io
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor

from ebgan_kit.editing.classifier import Judge
from ebgan_kit.evaluation.metrics.attributes import Attributes
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.evaluation.metrics.quality import HIGHEST_PSNR, psnr
from ebgan_kit.evaluation.metrics.report import report
from ebgan_kit.evaluation.tables.report import table
from ebgan_kit.images.levels import from_bytes
from ebgan_kit.parts.data.loading import only
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.masks.region import area
from ebgan_kit.regions import ATTRIBUTES
from ebgan_kit.types import Edit, Faces

# Faces of 16 pixels: noise, and for each attribute a patch that is light where a face has it. Two
# patches lie in the region, of 8x12 pixels; the third, which no model switches, lies outside.

NAMES = ("Smiling", "Mustache", "Male")
SWITCHES = NAMES[:2]
PATCHES = ((slice(5, 7), slice(3, 6)), (slice(9, 11), slice(8, 13)), (slice(0, 2), slice(0, 4)))
INSIDE = (slice(4, 12), slice(2, 14))
LIGHT, DARK = from_bytes(torch.tensor([240, 20], dtype=torch.uint8)).tolist()


def put(image: Tensor, column: int, shown: Tensor) -> Tensor:
    """The images with one attribute as it is said for each, [B]."""
    image = image.clone()
    image[:, :, *PATCHES[column]] = torch.where(shown > 0.5, LIGHT, DARK)[:, None, None, None]
    return image


def crowd(labels: Tensor) -> Faces:
    """A face of a person of its own for each row of labels [B, 3]."""
    count, generator = len(labels), torch.Generator().manual_seed(0)
    levels = torch.randint(100, 150, (count, 3, 16, 16), generator=generator)
    image = from_bytes(levels.to(torch.uint8))
    for column in range(3):
        image = put(image, column, labels[:, column])
    region = torch.zeros(count, 1, 16, 16)
    region[:, :, *INSIDE] = 1
    people = torch.arange(count)
    return Faces(image, region, labels, identity=people, index=people)


def truth(
    source: Faces, exemplar: Faces, regions: Sequence[str], without: Sequence[str] = ()
) -> Tensor:
    image = torch.where(source.region > 0, exemplar.image, source.image)
    for name in without:
        image = put(image, NAMES.index(name), torch.zeros(len(image)))
    return image


DATA = SimpleNamespace(truth=truth)

MIXED = torch.randint(0, 2, (30, 3), generator=torch.Generator().manual_seed(1)).float()


def looks(image: Tensor) -> Tensor:
    """[B, 3]: logits of what is there."""
    return torch.stack([image[:, :, *patch].mean((1, 2, 3)) * 9 for patch in PATCHES], dim=1)


ORDER = ("Male", "Bald", "Mustache", "Smiling")


def judge(says: Callable[[Tensor], Tensor] = looks) -> Judge:
    """A judge in an order of its own, who thinks that he knows one thing more."""

    def network(image: Tensor) -> Tensor:
        smiling, mustache, male = says(image).unbind(1)
        return torch.stack([male, torch.ones_like(male), mustache, smiling], dim=1)

    return Judge(ORDER, 16, "a judge", network, "cpu")


JUDGE = judge()

# Editors

Editing = Callable[[Faces, Faces, Tensor | None], Edit]


def made(source: Faces, exemplar: Faces, wanted: Tensor | None, image: Tensor) -> Edit:
    return Edit(source, exemplar, wanted, image)


def perfect(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    image = truth(source, exemplar, ["mouth"])
    for column, shown in enumerate(wanted.unbind(1)):
        image = put(image, column, shown)
    return made(source, exemplar, wanted, image)


def honest(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    """Shows nothing that the exemplar does not have."""
    return perfect(source, exemplar, wanted * exemplar.attributes[:, :2])


def leaky(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    """Heeds no switch."""
    return made(source, exemplar, wanted, truth(source, exemplar, ["mouth"]))


def half_leaky(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    """Heeds the first switch alone."""
    theirs = torch.stack([wanted[:, 0], exemplar.attributes[:, 1]], dim=1)
    return perfect(source, exemplar, theirs)


def nearly(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    """No picture of it is quite as it should be."""
    edit = half_leaky(source, exemplar, wanted)
    return replace(edit, completed=edit.completed * 0.95)


def idle(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    return made(source, exemplar, wanted, source.image)


def entangled(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
    """Without a smile there is no moustache either."""
    both = torch.stack([wanted[:, 0], wanted[:, 0] * wanted[:, 1]], dim=1)
    return perfect(source, exemplar, both)


ASKED = Attributes(NAMES, SWITCHES, JUDGE)


def pairs(labels: Tensor = MIXED, batch: int = 100) -> list[tuple[Faces, Faces, Faces]]:
    """Everyone with the next one and the one after that."""
    faces = crowd(labels)
    others = [faces[torch.arange(len(faces)).roll(-k)] for k in range(3)]
    starts = range(0, len(faces), batch)
    return [tuple(each[start : start + batch] for each in others) for start in starts]  # type: ignore[misc]


def measured(editor: Editing, labels: Tensor = MIXED, **keys: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"data": DATA, "regions": ["mouth"], "asked": ASKED} | keys
    return report(editor, pairs(labels), **given)


def passing(column: int, labels: Tensor = MIXED) -> Tensor:
    """[B] bool: the exemplar has it and the source has not."""
    return (labels.roll(-1, 0)[:, column] > 0.5) & (labels[:, column] < 0.5)


def values(figures: dict[str, Any]) -> dict[str, float]:
    return {name: figure["value"] for name, figure in figures.items()}


# What passes and what leaks


EDITORS = (perfect, honest, leaky, half_leaky, idle, entangled)


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, Any]]:
    """The report on each editor, with rough intervals."""
    few = functools.partial(bootstrap, rounds=50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["ebgan_kit.evaluation.metrics.report"], "bootstrap", few)
        return {editor.__name__: measured(editor) for editor in EDITORS}


def smiling_with_moustache() -> tuple[float, float]:
    """Of exemplars that bring a smile how many have a moustache, and the other way round."""
    theirs = MIXED.roll(-1, 0)
    return theirs[passing(0), 1].mean().item(), theirs[passing(1), 0].mean().item()


BOTH, SMILING = smiling_with_moustache()

EXPECTED = {
    "perfect": {"transfer": (1, 1), "leak": (0, 0), "imposed": (1, 1)},
    "honest": {"transfer": (1, 1), "leak": (0, 0), "imposed": (0, 0)},
    "leaky": {"transfer": (1, 1), "leak": (1, 1), "imposed": (0, 0)},
    "half_leaky": {"transfer": (1, 1), "leak": (0, 1), "imposed": (1, 0)},
    "idle": {"transfer": (0, 0), "leak": (0, 0), "imposed": (0, 0)},
    "entangled": {"transfer": (1, SMILING), "leak": (0, 0)},
}


def test_there_are_enough_pairs_to_tell() -> None:
    assert all(passing(column).sum() >= 5 for column in range(3))
    assert 0 < BOTH < 1
    assert 0 < SMILING < 1


@pytest.mark.parametrize("editor", EXPECTED)
def test_what_the_judge_finds(results: dict[str, Any], editor: str) -> None:
    found = results[editor]["attributes"]
    for name, expected in EXPECTED[editor].items():
        # Nobody passes on what lies outside the region, and nobody can switch it.
        each = (*expected, 0) if name == "transfer" else expected
        columns = dict(zip(NAMES, each, strict=False))
        wanted = columns | {"mean": sum(each) / len(each)}
        assert values(found[name]) == pytest.approx(wanted)
        assert list(found[name]) == list(wanted)


def test_what_a_wrong_judge_finds_in_sources_is_no_leak_of_the_model(quick: None) -> None:
    """A judge to whom everyone smiles finds as many smiles before the edit as after."""
    sure = judge(lambda image: looks(image).index_fill(1, torch.tensor(0), 1))
    found = measured(perfect, asked=Attributes(NAMES, SWITCHES, sure))["attributes"]
    assert values(found["leak"]) == {"Smiling": 1, "Mustache": 0, "mean": 0.5}
    assert values(found["untouched"]) == pytest.approx(
        {"Smiling": 1, "Mustache": 0, "Male": 0, "mean": 1 / 3}
    )


@pytest.mark.parametrize("editor", EXPECTED)
def test_the_effect_of_a_switch_is_transfer_less_leak(results: dict[str, Any], editor: str) -> None:
    transfer, leak, effect = (
        values(results[editor]["attributes"][name]) for name in ("transfer", "leak", "effect")
    )
    assert list(effect) == [*SWITCHES, "mean"]
    for name in SWITCHES:
        assert effect[name] == pytest.approx(transfer[name] - leak[name])
    assert effect["mean"] == pytest.approx(sum(effect[name] for name in SWITCHES) / 2)


def test_pairs_that_a_switch_leaves_alone_do_not_blur_its_effect(quick: None) -> None:
    """Every pair passes its smile on, open or closed: its effect is 0, and surely so."""
    found = measured(leaky)["attributes"]["effect"]["Smiling"]
    assert found == {"value": 0, "low": 0, "high": 0}


@pytest.mark.parametrize("editor", EXPECTED)
def test_what_the_truth_says(results: dict[str, Any], editor: str) -> None:
    found = results[editor]["truth"]
    for name in ("transfer", "leak"):
        expected = EXPECTED[editor][name]
        assert list(found[name]) == [*SWITCHES, "mean"]
        assert list(values(found[name]).values()) == pytest.approx([*expected, sum(expected) / 2])


CROSSTALK = {
    "perfect": ((1, 0, 0), (0, 1, 0), 0),
    "leaky": ((0, 0, 0), (0, 0, 0), 0),
    "half_leaky": ((1, 0, 0), (0, 0, 0), 0),
    "idle": ((0, 0, 0), (0, 0, 0), 0),
    "entangled": ((1, BOTH, 0), (0, SMILING, 0), BOTH / 4),
}


@pytest.mark.parametrize("editor", CROSSTALK)
def test_whom_a_switch_changes(results: dict[str, Any], editor: str) -> None:
    found = results[editor]["attributes"]["crosstalk"]
    *expected, mean = CROSSTALK[editor]
    assert list(found) == [*SWITCHES, "mean"]
    for name, row in zip(SWITCHES, expected, strict=True):
        assert values(found[name]) == pytest.approx(dict(zip(NAMES, row, strict=True)))
    assert found["mean"]["value"] == pytest.approx(mean)


def test_a_perfect_edit_is_its_own_truth(results: dict[str, Any]) -> None:
    for editor in ("perfect", "honest"):
        found = values(results[editor]["truth"]["psnr"])
        assert found["edit"] == found["filtered"] == HIGHEST_PSNR


def test_what_is_not_switched_off_costs_by_hand(results: dict[str, Any]) -> None:
    """220 levels on each pixel of a patch, over the 96 of the region; attributes count alike."""
    patches = (2 * 3, 2 * 5)
    each = [10 * math.log10(255**2 / (220**2 * pixels / 96)) for pixels in patches]
    found = values(results["leaky"]["truth"]["psnr"])
    assert found["filtered"] == pytest.approx(sum(each) / 2)
    half = values(results["half_leaky"]["truth"]["psnr"])
    assert half["filtered"] == pytest.approx((HIGHEST_PSNR + each[1]) / 2)
    # To paste is to heed no switch, where both have the same region.
    assert found["filtered_paste"] == pytest.approx(found["filtered"])


def test_baselines_are_held_against_the_same_drawing(results: dict[str, Any]) -> None:
    ((source, exemplar, _),) = pairs()
    each = []
    for column, name in enumerate(SWITCHES):
        gone = truth(source, exemplar, ["mouth"], [name])
        each.append(psnr(source.image, gone, source.region)[passing(column)].mean().item())
    for editor in EDITORS:
        found = values(results[editor.__name__]["truth"]["psnr"])
        assert found["filtered_unchanged"] == pytest.approx(sum(each) / 2)
    assert values(results["idle"]["truth"]["psnr"])["filtered"] == pytest.approx(sum(each) / 2)
    assert found["filtered_poisson"] == pytest.approx(
        values(results["idle"]["truth"]["psnr"])["filtered_poisson"]
    )


# The judge


def test_a_judge_who_is_always_right(results: dict[str, Any]) -> None:
    found = results["idle"]["attributes"]["judge"]
    for name in ("accuracy", "balanced"):
        assert values(found[name]) == dict.fromkeys([*NAMES, "mean"], 1)


JUDGES = {
    "always yes": lambda image: torch.ones(len(image), 3),
    "always no": lambda image: -torch.ones(len(image), 3),
    "always wrong": lambda image: -looks(image),
    "blind to smiles": lambda image: looks(image) * torch.tensor([0.0, 1, 1]) - 0.1,
}


@pytest.mark.parametrize(
    ("says", "accuracy", "balanced"),
    [
        ("always yes", MIXED.mean(0).tolist(), (0.5, 0.5, 0.5)),
        ("always no", (1 - MIXED.mean(0)).tolist(), (0.5, 0.5, 0.5)),
        ("always wrong", (0, 0, 0), (0, 0, 0)),
        ("blind to smiles", (1 - MIXED[:, 0].mean().item(), 1, 1), (0.5, 1, 1)),
    ],
)
def test_a_judge_who_is_not(
    quick: None, says: str, accuracy: Sequence[float], balanced: Sequence[float]
) -> None:
    asked = replace(ASKED, judge=judge(JUDGES[says]))
    found = measured(perfect, asked=asked)["attributes"]["judge"]
    for name, expected in (("accuracy", accuracy), ("balanced", balanced)):
        each = dict(zip(NAMES, expected, strict=True)) | {"mean": sum(expected) / 3}
        assert values(found[name]) == pytest.approx(each)


def test_a_judge_who_always_says_no_is_not_right_about_what_is_rare(quick: None) -> None:
    """Three people have a moustache: half of the balanced accuracy is theirs, all the same."""
    labels = MIXED.clone()
    labels[:, 1] = 0
    labels[[3, 10, 20], 1] = 1
    asked = replace(ASKED, judge=judge(JUDGES["always no"]))
    found = measured(idle, labels, asked=asked)["attributes"]["judge"]
    assert found["accuracy"]["Mustache"]["value"] == pytest.approx(0.9)
    assert found["balanced"]["Mustache"] == {"value": 0.5, "low": None, "high": None}


def test_of_what_a_judge_does_not_know_the_truth_alone_speaks(quick: None) -> None:
    other = Judge(("Smiling",), 16, "a judge", lambda image: looks(image)[:, :1], "cpu")
    found = measured(half_leaky, asked=replace(ASKED, judge=other))
    assert values(found["attributes"]["leak"]) == {"Smiling": 0, "mean": 0}
    assert values(found["truth"]["leak"]) == {"Smiling": 0, "Mustache": 1, "mean": 0.5}
    assert list(found["attributes"]["crosstalk"]["Smiling"]) == ["Smiling"]


# Keys

A = dict.fromkeys([*SWITCHES, "mean"])


def keys(tree: Any) -> Any:
    """The tree without its figures."""
    if not isinstance(tree, dict) or set(tree) == {"value", "low", "high"}:
        return None
    return {name: keys(inner) for name, inner in tree.items()}


def test_a_report_has_exactly_its_keys(results: dict[str, Any]) -> None:
    five = dict.fromkeys(("edit", "stranger", "unchanged", "paste", "poisson"))
    four = dict.fromkeys(
        ("filtered", *(f"filtered_{n}" for n in ("unchanged", "paste", "poisson")))
    )
    two = dict.fromkeys(("own", "stranger"))
    every = dict.fromkeys([*NAMES, "mean"])
    row = dict.fromkeys(NAMES)
    assert keys(results["perfect"]) == {
        "count": None,
        "truth": {"psnr": five | four, "ssim": five, "transfer": A, "leak": A},
        "attributes": {
            "transfer": every,
            "untouched": every,
            "leak": A,
            "effect": A,
            "imposed": A,
            "crosstalk": dict.fromkeys(SWITCHES, row) | {"mean": None},
            "judge": {"accuracy": every, "balanced": every},
        },
        "reconstruction": {"psnr": two, "ssim": two},
        "outside": {"changed_pixels": None, "drawn": None},
        "seam": {"edit": None, "real": None},
        "sharpness": {"edit": None, "real": None, "truth": None},
        "skin": {"edit": None, "real": None},
        "likeness": dict.fromkeys(
            (
                "features",
                "exemplar",
                "source",
                "stranger",
                "nearer_than_source",
                "nearer_than_stranger",
            )
        ),
    }


def test_a_report_is_json(results: dict[str, Any]) -> None:
    for result in results.values():
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        assert result["outside"]["changed_pixels"] == 0


def test_a_model_without_switches_has_transfer_alone(quick: None) -> None:
    given: list[Tensor | None] = []

    def note(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
        given.append(wanted)
        return leaky(source, exemplar, wanted)

    found = measured(note, asked=Attributes(NAMES, (), JUDGE))
    assert given == [None] * 3
    assert set(found["attributes"]) == {"transfer", "untouched", "judge"}
    assert values(found["attributes"]["transfer"]) == pytest.approx(
        {"Smiling": 1, "Mustache": 1, "Male": 0, "mean": 2 / 3}
    )
    assert set(found["truth"]) == {"psnr", "ssim"}
    assert "filtered" not in found["truth"]["psnr"]


def test_without_a_judge_the_truth_alone_speaks(quick: None) -> None:
    found = measured(half_leaky, asked=Attributes(NAMES, SWITCHES))
    assert "attributes" not in found
    assert values(found["truth"]["leak"]) == {"Smiling": 0, "Mustache": 1, "mean": 0.5}


def test_without_a_truth_the_judge_alone_speaks(quick: None) -> None:
    found = measured(half_leaky, data=object())
    assert "truth" not in found
    assert values(found["attributes"]["leak"]) == {"Smiling": 0, "Mustache": 1, "mean": 0.5}


def test_without_either_nothing_is_said(quick: None) -> None:
    found = measured(half_leaky, data=object(), asked=Attributes(NAMES, SWITCHES))
    looks = {"sharpness", "skin", "likeness"}
    assert set(found) == {"count", "reconstruction", "outside", "seam"} | looks


# Means and intervals


def rare(*people: int) -> Tensor:
    """Labels in which these people alone have a moustache, and every second one smiles."""
    labels = torch.zeros(30, 3)
    labels[::2, 0] = 1
    labels[list(people), 1] = 1
    return labels


def test_attributes_weigh_alike_however_many_have_them(quick: None) -> None:
    found = measured(half_leaky, rare(1, 5, 9, 13, 17, 21, 25))
    assert values(found["attributes"]["leak"]) == {"Smiling": 0, "Mustache": 1, "mean": 0.5}
    assert values(found["truth"]["leak"])["mean"] == 0.5


def test_fewer_than_five_people_have_no_interval_and_no_part_in_the_mean(quick: None) -> None:
    found = measured(half_leaky, rare(3, 10, 20))
    alone = {"value": 1, "low": None, "high": None}
    for part in ("attributes", "truth"):
        leak = found[part]["leak"]
        assert leak["Mustache"] == alone
        assert leak["Smiling"] == leak["mean"] == {"value": 0, "low": 0, "high": 0}
        assert found[part]["transfer"]["Mustache"] == alone
    assert found["attributes"]["crosstalk"]["Mustache"]["Mustache"]["low"] is None
    assert found["truth"]["psnr"]["filtered"]["value"] == HIGHEST_PSNR
    assert "1.00 (too few" in printed(found)


def test_where_no_attribute_has_five_people_the_mean_has_no_interval(quick: None) -> None:
    labels = rare(3, 10, 20)
    labels[:, 0] = 0
    labels[[5, 15], 0] = 1
    found = measured(half_leaky, labels)
    assert found["truth"]["leak"]["mean"] == {"value": 0.5, "low": None, "high": None}


def test_what_nobody_has_is_not_measured(quick: None) -> None:
    found = measured(half_leaky, rare())
    assert found["attributes"]["transfer"]["Mustache"]["value"] is None
    assert "Mustache" not in found["attributes"]["leak"]
    assert values(found["truth"]["leak"]) == {"Smiling": 0, "mean": 0}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert "not measured" in printed(found)


def test_where_no_pair_shows_anything_the_rest_is_measured(quick: None) -> None:
    found = measured(half_leaky, torch.ones(30, 3))
    assert found["attributes"]["transfer"]["mean"]["value"] is None
    assert "leak" not in found["attributes"]
    assert set(found["truth"]) == {"psnr", "ssim"}
    assert printed(found)


def test_intervals_are_of_people(quick: None) -> None:
    """Thirty faces are of so many people: of four there is no interval, of fifteen there is."""
    for people, known in ((15, True), (4, False)):
        given = [
            tuple(replace(face, identity=face.identity % people) for face in batch)
            for batch in pairs()
        ]
        found = report(leaky, given, DATA, ["mouth"], asked=ASKED)
        assert (found["attributes"]["leak"]["mean"]["low"] is not None) == known


@pytest.mark.parametrize("batch", [1, 7])
def test_batches_of_any_size_give_the_same_figures(
    quick: None, results: dict[str, Any], batch: int
) -> None:
    few, all_at_once = (
        report(entangled, pairs(batch=size), DATA, ["mouth"], asked=ASKED) for size in (batch, 100)
    )
    assert keys(few) == keys(all_at_once)
    for one, other in zip(flat(few), flat(all_at_once), strict=True):
        assert one == pytest.approx(other, abs=1e-3)


def flat(tree: Any) -> list[float]:
    """All numbers of a report, in the order of its keys' names."""
    if isinstance(tree, dict):
        return [number for name in sorted(tree) for number in flat(tree[name])]
    return [tree]


# In a terminal


def printed(result: dict[str, Any], width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(table(result))
    return console.export_text()


def rows_of(text: str) -> list[list[str]]:
    """The words of each line, but for the rules under the heads."""
    return [line.split() for line in text.splitlines() if "──" not in line]


LONG = ("Mouth_Slightly_Open", "Bags_Under_Eyes", "5_o_Clock_Shadow", "Receding_Hairline")
"""The longest names of CelebA."""

MOUTH = ATTRIBUTES["mouth"]


def renamed(tree: Any) -> Any:
    """A report on attributes with the longest names."""
    if not isinstance(tree, dict):
        return tree
    names = dict(zip(NAMES, LONG, strict=False))
    return {names.get(name, name): renamed(inner) for name, inner in tree.items()}


@pytest.mark.parametrize("people", [30, 4], ids=["intervals", "too few people"])
def test_a_table_fits_into_80_columns(quick: None, people: int) -> None:
    given = [
        tuple(replace(face, identity=face.identity % people) for face in batch) for batch in pairs()
    ]
    data = SimpleNamespace(truth=lambda *pair: truth(*pair) * 0.97)
    result = renamed(report(nearly, given, data, ["mouth"], asked=ASKED))
    text = printed(result)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert rows_of(text) == rows_of(printed(result, 200))


def test_six_attributes_fit_beside_each_other(quick: None) -> None:
    """As many as a mouth shows."""
    result = measured(half_leaky)
    figure = {"value": 0.25, "low": 0.2, "high": 0.3}
    row = dict.fromkeys(MOUTH, figure)
    result["attributes"]["crosstalk"] = dict.fromkeys(MOUTH, row) | {"mean": figure}
    rows = rows_of(printed(result))
    for number, name in enumerate(MOUTH, 1):
        assert [str(number), name, *["0.25"] * 6] in rows


def test_titles_are_not_broken(results: dict[str, Any]) -> None:
    result = results["half_leaky"]
    lines = [line.strip() for line in printed(result).splitlines()]
    for part in table(result).renderables:
        assert str(part.title) in lines


def test_a_table_says_what_was_measured(results: dict[str, Any]) -> None:
    text = printed(results["half_leaky"])
    rows = [line.split() for line in text.splitlines()]
    assert ["1", "Smiling", "1.00", "0.00"] in rows
    assert ["2", "Mustache", "0.00", "0.00"] in rows
    assert ["Mustache", "1.00", "(1.00,", "1.00)", "1.00", "(1.00,", "1.00)"] in rows
    assert sum(row[:1] == ["mean"] for row in rows) == 4
    assert "filtered" in text


def test_a_table_of_a_report_that_was_read_back(results: dict[str, Any]) -> None:
    for result in results.values():
        assert printed(json.loads(json.dumps(result))) == printed(result)


# Drawn faces


@pytest.fixture(scope="module")
def people() -> tuple[Synthetic, list[tuple[Faces, Faces, Faces]]]:
    data = Synthetic(size=48, count=40)
    faces = only(data.__getitems__(range(40)), data.attributes, SWITCHES)
    faces = replace(faces, region=area(faces, ["mouth"]))
    return data, [tuple(faces[torch.arange(40).roll(-k)] for k in range(3))]  # type: ignore[list-item]


def drawing(data: Synthetic, editor: str) -> Editing:
    def edit(source: Faces, exemplar: Faces, wanted: Tensor | None) -> Edit:
        gone = (exemplar.attributes > wanted).any(0).tolist()
        without = [n for n, g in zip(SWITCHES, gone, strict=True) if g and editor == "perfect"]
        image = data.truth(source, exemplar, ["mouth"], without)
        return made(source, exemplar, wanted, source.image if editor == "idle" else image)

    return edit


@pytest.mark.parametrize(
    ("editor", "transfer", "leak"), [("perfect", 1, 0), ("leaky", 1, 1), ("idle", None, None)]
)
def test_drawn_faces_know_what_passes_and_what_leaks(
    quick: None,
    people: tuple[Synthetic, Any],
    editor: str,
    transfer: float | None,
    leak: float | None,
) -> None:
    data, given = people
    asked = Attributes(SWITCHES, SWITCHES)
    found = report(drawing(data, editor), given, data, ["mouth"], asked=asked)["truth"]
    if editor == "idle":
        assert values(found["transfer"]) == values(found["leak"])
        assert found["transfer"]["mean"]["value"] < 0.2
        assert found["psnr"]["filtered"] == found["psnr"]["filtered_unchanged"]
    else:
        assert values(found["transfer"]) == dict.fromkeys(A, transfer)
        assert values(found["leak"]) == dict.fromkeys(A, leak)
        assert (found["psnr"]["filtered"]["value"] == HIGHEST_PSNR) == (leak == 0)
        assert found["psnr"]["edit"]["value"] == HIGHEST_PSNR
