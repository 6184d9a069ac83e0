"""The comparison: one ground for all models, seeds that are one row, and tables that say so."""

from __future__ import annotations

import functools
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.models import convinced
from fixtures.recipes import ATT, JUDGE, TINY
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file

from ebgan_kit.errors import UsageError
from ebgan_kit.evaluation import compare as module
from ebgan_kit.evaluation.compare import compare
from ebgan_kit.evaluation.estimate import dig
from ebgan_kit.evaluation.evaluate import evaluate
from ebgan_kit.evaluation.grouping import merged
from ebgan_kit.evaluation.metrics.interval import bootstrap
from ebgan_kit.evaluation.tables.comparison import comparison
from ebgan_kit.files.writing import fingerprint
from ebgan_kit.modelfile.file import ModelFile, write_model
from ebgan_kit.recipe.recipe import read
from ebgan_kit.training.dry_run import counted, parameters
from ebgan_kit.training.trainer import train

Command = Callable[..., Any]

FEW = ["data.count=24"]

BASELINES = ["unchanged", "paste", "poisson"]

SWITCHES = ["Smiling", "Mustache"]

TIMED = module.TIMED


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`trained("a", "seed=1")`: the model file of the tiny recipe, by that name."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "tiny.toml").write_text(TINY)

    def run(name: str, *overrides: str) -> Path:
        return train(read(folder / "tiny.toml", [*overrides, f"name={name}"]), folder / name)

    return run


@pytest.fixture(scope="module")
def other_seed(trained: Callable[..., Path]) -> Path:
    return trained("other", *ATT, "seed=1")


@pytest.fixture(scope="module")
def whole_file(trained: Callable[..., Path]) -> Path:
    """A model that edits the whole image, and can switch but one thing."""
    return trained("whole", *ATT, "mask.use=whole", "model.attributes=Mustache")


@pytest.fixture(scope="module")
def sure_judge(judge_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judge who finds a moustache in every face and a smile in none."""
    return convinced(judge_file, tmp_path_factory.mktemp("sure") / "judge", (9, 0, -9))


@pytest.fixture(scope="module")
def roughly() -> Any:
    """Intervals of a few rounds, times of a few edits: where nobody looks at them."""
    few = functools.partial(bootstrap, rounds=10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["ebgan_kit.evaluation.metrics.report"], "bootstrap", few)
        patch.setattr(module, "WARM", 0)
        patch.setattr(module, "TIMED", 3)
        yield


@pytest.fixture(scope="module")
def sheet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sheet") / "sheet.png"


@pytest.fixture(scope="module")
def found(
    roughly: None,
    att_file: Path,
    other_seed: Path,
    whole_file: Path,
    model_file: Path,
    sure_judge: Path,
    sheet_file: Path,
) -> dict[str, Any]:
    """Two seeds of one model, and two models more."""
    models = [att_file, whole_file, other_seed, model_file]
    return compare(models, FEW, judge_path=sure_judge, sheet_path=sheet_file)


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in found["rows"] if row["name"] == name)


def a_copy(model: Path, copy: Path, **changed: Any) -> Path:
    """A model file whose header says something else."""
    write_model(copy, load_file(model), replace(ModelFile.open(model).header, **changed))
    return copy


# One ground


def test_every_model_meets_the_pairs_of_evaluate(
    found: dict[str, Any], model_file: Path, whole_file: Path, sure_judge: Path
) -> None:
    alone = evaluate(model_file, FEW, judge_path=sure_judge)
    for name in BASELINES:
        assert row(found, name)["truth_psnr"] == alone["truth"]["psnr"][name]
    ebgan = row(found, "ebgan")
    assert ebgan["truth_psnr"] == alone["truth"]["psnr"]["edit"]
    assert ebgan["reconstruction_psnr"] == alone["reconstruction"]["psnr"]["own"]
    assert ebgan["outside"] == alone["outside"]["drawn"]
    assert ebgan["truth_ssim"] == alone["truth"]["ssim"]["edit"]
    for name in ("sharpness", "skin"):
        assert ebgan[name] == alone[name]["edit"]
        assert found["looks"][name] == alone[name]["real"]
        assert row(found, "unchanged")[name]["value"] == alone[name]["real"]["value"]
    assert ebgan["transfer"] == alone["attributes"]["transfer"]["mean"]
    assert found["count"] == alone["count"] == 48
    # A model of the whole image is measured in the same region as the others.
    mouth = ["mask.use=region", "mask.regions=mouth"]
    alone = evaluate(whole_file, [*FEW, *mouth], judge_path=sure_judge)
    assert row(found, "whole")["truth_psnr"] == alone["truth"]["psnr"]["edit"]
    assert row(found, "whole")["leak"] == alone["attributes"]["leak"]["mean"]
    assert row(found, "whole")["crosstalk"] == alone["attributes"]["crosstalk"]["mean"]


def test_a_baseline_is_what_it_is(found: dict[str, Any]) -> None:
    for name in BASELINES:
        figures = row(found, name)
        assert figures["outside"]["value"] == 0
        assert figures["reconstruction_psnr"]["value"] == 100
        assert (figures["parameters"], figures["multiply_adds"]) == (0, None)


def test_the_ground_is_the_first_models_and_can_be_set(
    roughly: None, model_file: Path, att_file: Path
) -> None:
    plain = compare([model_file], FEW, count=6)
    assert plain["data"] == ModelFile.open(model_file).header.recipe["data"] | {
        "count": 24,
        "partitions": ["valid", "test"],
    }
    assert plain["mask"]["regions"] == ["mouth"]
    assert (plain["count"], plain["seed"], plain["judge"]) == (6, 0, None)
    others = compare([model_file], ["data.count=24", "data.seed=5"], count=6)
    assert others["data"]["seed"] == 5
    again = compare([model_file], FEW, count=6, seed=1)
    psnrs = [row(each, "unchanged")["truth_psnr"]["value"] for each in (plain, others, again)]
    assert len({*psnrs}) == 3


def test_without_named_regions_there_is_no_truth_and_without_a_judge_no_transfer(
    roughly: None, att_file: Path
) -> None:
    with pytest.warns(UserWarning, match="was trained with another mask"):
        result = compare([att_file], [*FEW, "mask.use=box"], count=6)
    for each in result["rows"]:
        assert not {"truth_psnr", "truth_leak", "transfer", "leak"} & each.keys()
        assert each["attributes"] == {}
    text = printed(result)
    assert "truth" not in text
    assert "transfer" not in text


def test_a_model_that_has_seen_the_faces_is_named(
    roughly: None, model_file: Path, att_file: Path
) -> None:
    with pytest.warns(UserWarning, match="of these faces") as caught:
        compare([model_file, att_file], ["data.partitions=train,test", *FEW], count=6)
    said = {str(warning.message) for warning in caught}
    assert {f"{m}: was trained on train of these faces" for m in (model_file, att_file)} <= said


def test_other_people_have_not_been_seen(
    roughly: None, model_file: Path, recwarn: pytest.WarningsRecorder
) -> None:
    compare([model_file], ["data.partitions=train", "data.seed=5", *FEW], count=6)
    assert not list(recwarn)


# Rows


def test_rows_are_models_and_then_baselines(
    found: dict[str, Any], att_file: Path, other_seed: Path, whole_file: Path, model_file: Path
) -> None:
    rows = [(r["name"], r["models"], r["seeds"], r["whole_image"]) for r in found["rows"]]
    assert rows == [
        ("att", [str(att_file), str(other_seed)], 2, False),
        ("whole", [str(whole_file)], 1, True),
        ("ebgan", [str(model_file)], 1, False),
        *((name, [], 0, False) for name in BASELINES),
    ]
    assert row(found, "att")["sha256"] == [fingerprint(att_file), fingerprint(other_seed)]


@pytest.mark.slow
def test_a_row_is_named_as_shortly_as_it_can_be(
    roughly: None, trained: Callable[..., Path], att_file: Path, model_file: Path, tmp_path: Path
) -> None:
    wide = trained("mine-wide-1", *ATT, "model.block=3")
    seed = trained("mine-wide-2", *ATT, "model.block=3", "seed=1")
    names = names_of(compare([att_file, wide, seed, model_file], FEW, count=3))
    assert names == ["att", "mine-wide", "ebgan"]
    assert names_of(compare([wide, seed], FEW, count=3)) == ["att-ebgan"]
    longer = a_copy(att_file, tmp_path / "longer", images=32)
    assert names_of(compare([att_file, longer], FEW, count=3)) == [str(att_file), str(longer)]


def names_of(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in found["rows"] if row["models"]]


def test_seeds_are_merged(
    roughly: None, found: dict[str, Any], att_file: Path, other_seed: Path, sure_judge: Path
) -> None:
    alone = [evaluate(model, FEW, judge_path=sure_judge) for model in (att_file, other_seed)]
    both = row(found, "att")
    for name, path in (
        ("truth_psnr", "truth.psnr.edit"),
        ("truth_leak", "truth.leak.mean"),
        ("crosstalk", "attributes.crosstalk.mean"),
        ("effect", "attributes.effect.mean"),
        ("reconstruction_psnr", "reconstruction.psnr.own"),
    ):
        first, second = (dig(each, path)["value"] for each in alone)
        expected = figure((first + second) / 2, min(first, second), max(first, second))
        assert both[name] == pytest.approx(expected)
    assert both["truth_psnr"]["low"] < both["truth_psnr"]["high"]
    leaks = [each["truth"]["leak"]["Smiling"]["value"] for each in alone]
    assert both["attributes"]["truth_leak"]["Smiling"]["value"] == pytest.approx(sum(leaks) / 2)


def figure(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high}


def test_merging_by_hand() -> None:
    nothing, few = figure(None, None, None), figure(4, None, None)
    seeds = [
        {"leak": figure(1, 0, 2), "outside": nothing, "attributes": {"leak": {"Goatee": few}}},
        {"leak": figure(4, 3, 9), "outside": nothing, "attributes": {"leak": {"Goatee": few}}},
        {
            "leak": figure(4, 0, 9),
            "outside": figure(3, 2, 4),
            "attributes": {"leak": {"Goatee": few}},
        },
    ]
    assert merged(seeds[:1]) == seeds[0]
    assert merged(seeds[:2])["outside"] == nothing
    assert merged(seeds) == {
        "leak": figure(3, 1, 4),
        "outside": figure(3, None, None),
        "attributes": {"leak": {"Goatee": few}},
    }


def test_one_seed_twice_is_not_two(att_file: Path, tmp_path: Path, command: Command) -> None:
    recipe = ModelFile.open(att_file).header.recipe | {"name": "again"}
    again = a_copy(att_file, tmp_path / "again", recipe=recipe)
    answer = command("compare", att_file, again)
    assert answer.status == 2
    assert answer.err == (
        f"ebgan-kit: {again}: has recipe and seed of {att_file}: leave one of them out\n"
    )


# Attributes


def test_transfer_is_of_what_a_model_can_switch(found: dict[str, Any]) -> None:
    """The judge finds each moustache, and no smile."""
    over = {r["name"]: (r["switches"], r["over"], r["transfer"]["value"]) for r in found["rows"]}
    both = ["Mustache", "Smiling"]
    assert over == {
        "att": (SWITCHES, SWITCHES, 0.5),
        "whole": (["Mustache"], ["Mustache"], 1),
        **{name: ([], both, 0.5) for name in ("ebgan", *BASELINES)},
    }
    assert [row(found, n)["leak"]["value"] for n in ("att", "whole")] == [0.5, 1]
    assert list(found["judge"]["balanced"]) == [*both, "mean"]
    assert found["judge"]["balanced"]["mean"]["value"] == 0.5


@pytest.mark.slow
def test_of_switches_that_nobody_judges_there_is_no_transfer(
    roughly: None, trained: Callable[..., Path], sure_judge: Path
) -> None:
    model = trained("open", *ATT, "model.attributes=Mouth_Slightly_Open")
    with pytest.warns(UserWarning, match="does not know Mouth_Slightly_Open"):
        result = compare([model], FEW, count=48, judge_path=sure_judge)
    first = result["rows"][0]
    assert not {"transfer", "leak", "effect", "crosstalk"} & first.keys()
    assert list(first["attributes"]["transfer"]) == ["Mustache", "Smiling"]
    assert "Mouth_Slightly_Open" in first["attributes"]["truth_leak"]
    lines = [line.split() for line in printed(result).splitlines()]
    assert ["att-ebgan", "not", "measured"] in lines
    assert "switching" not in printed(result)


def keys(tree: Any) -> Any:
    """The tree without its figures."""
    if not isinstance(tree, dict) or set(tree) == {"value", "low", "high"}:
        return None
    return {name: keys(inner) for name, inner in tree.items()}


def test_a_comparison_has_exactly_its_keys(found: dict[str, Any]) -> None:
    head = ["data", "mask", "judge", "count", "seed", "device", "looks", "rows"]
    assert list(found) == head
    assert keys(found["looks"]) == {"sharpness": None, "skin": None, "features": None}
    who = dict.fromkeys(("name", "models", "sha256", "seeds", "switches", "whole_image", "over"))
    fidelity = dict.fromkeys(
        ("transfer", "truth_psnr", "truth_ssim", "reconstruction_psnr", "outside")
    )
    looks = dict.fromkeys(
        ("sharpness", "skin", "likeness", "nearer_than_source", "nearer_than_stranger")
    )
    switching = dict.fromkeys(("leak", "effect", "crosstalk", "truth_transfer", "truth_leak"))
    cost = dict.fromkeys(("parameters", "multiply_adds", "milliseconds"))
    always = who | fidelity | looks | cost
    kinds = ("transfer", "leak", "effect", "truth_transfer", "truth_leak")
    each = dict.fromkeys(SWITCHES)
    assert keys(row(found, "att")) == always | switching | {
        "attributes": dict.fromkeys(kinds, each)
    }
    for name in ("ebgan", *BASELINES):
        assert keys(row(found, name)) == always | {"attributes": {"transfer": each}}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


# Costs


def test_costs_by_hand(found: dict[str, Any]) -> None:
    """EBGAN of four channels, then eight; kernels of 4 where the size changes, else of 3."""
    halving = [(4, 4, 32), (4, 8, 16), (8, 8, 8), (8, 8, 4)]  # into, out of, at what size
    threes = [
        (8, 4, 4),  # the encoder's head
        (8 + 4, 8, 4),  # the code beside the context
        (8, 8, 4),
        (8, 8, 4),  # a residual block
        (4, 3, 64),  # the image
    ]
    doubling = [(8, 8, 4), (8, 8, 8), (8, 4, 16), (4, 4, 32)]  # of the size before
    fours = [*halving, *halving, *doubling]
    ebgan = row(found, "ebgan")
    assert ebgan["multiply_adds"] == sum(
        size**2 * into * out * kernel**2
        for layers, kernel in ((fours, 4), (threes, 3))
        for into, out, size in layers
    )
    assert ebgan["parameters"] == sum(
        into * out * kernel**2 + out
        for layers, kernel in ((fours, 4), (threes, 3))
        for into, out, _ in layers
    )


def test_a_multiply_add_is_two_operations() -> None:
    layer = torch.nn.Conv2d(3, 5, 3, padding=1, bias=False)
    _, operations = counted(lambda: layer(torch.zeros(1, 3, 8, 8)))
    assert operations == 2 * (8 * 8 * 5 * 3 * 9)
    assert parameters(layer) == 5 * 3 * 9


def test_an_edit_takes_the_median_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The edits take 1, 2, 3 … milliseconds, those before them not counted."""
    edits: list[int] = []
    monkeypatch.setattr(module, "WARM", 7)
    monkeypatch.setattr(module, "TIMED", 20)
    clock = iter(moment for n in range(1, 100) for moment in (n, n + n / 1_000))
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    taken = module._milliseconds(lambda: edits.append(1))  # type: ignore[arg-type,return-value]
    assert len(edits) == 7 + 20
    assert taken == pytest.approx(figure(10.5, 5.75, 15.25))
    assert TIMED >= 20


def test_every_edit_takes_time(found: dict[str, Any]) -> None:
    for each in found["rows"]:
        taken = each["milliseconds"]
        assert 0 < taken["low"] <= taken["value"] <= taken["high"]


# Tables


def printed(found: dict[str, Any], width: int = 80, styles: bool = False) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(comparison(found))
    return console.export_text(styles=styles)


def a_row(name: str, models: int, **figures: Any) -> dict[str, Any]:
    """A row with figures that are (value, low, high), or a value between 0 and 100."""
    known = {
        key: figure(*(value if isinstance(value, tuple) else (value, 0, 100)))
        for key, value in figures.items()
    }
    return {
        "name": name,
        "models": [f"{name}-{seed}" for seed in range(models)],
        "seeds": models,
        "switches": ["Goatee"] if "leak" in figures else [],
        "over": ["Goatee"],
        "whole_image": name == "two",
        "parameters": 1_234_567 * models,
        "multiply_adds": 5_632_100_000 if models else None,
        "milliseconds": figure(12.34, 11, 13),
    } | known


NOTHING = (None, None, None)

MADE = {
    "data": {},
    "mask": {},
    "judge": {"name": "conv of judge", "balanced": {"mean": figure(0.987, 0.9, 1)}},
    "count": 128,
    "seed": 0,
    "device": "cpu, 2 threads",
    "looks": {"sharpness": figure(512.4, 400, 650), "skin": figure(18.25, 12, 25)},
    "rows": [
        a_row("one", 1, transfer=0.8, leak=0.2, effect=0.6, crosstalk=NOTHING,
              truth_psnr=21, reconstruction_psnr=25, outside=1.26, sharpness=(909, 668, 1164),
              skin=33.4),
        a_row("two", 3, transfer=0.7, leak=0.1, effect=0.6, crosstalk=(0.3, None, None),
              truth_psnr=22, reconstruction_psnr=24, outside=9),
        a_row("three", 1, transfer=0.7, truth_psnr=20, reconstruction_psnr=25, outside=0.5),
        a_row("unchanged", 0, transfer=0.01, truth_psnr=18, reconstruction_psnr=100, outside=0),
        a_row("paste", 0, transfer=0.9, truth_psnr=14, reconstruction_psnr=100, outside=0),
    ],
}  # fmt: skip


def lines_of(text: str) -> list[list[str]]:
    """The cells of each line."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def test_tables_by_hand() -> None:
    lines = lines_of(printed(MADE))
    assert ["one", "909 (668, 1164)", "33.4 (0.0, 100.0)"] in lines
    assert ["untouched (control)", "512 (400, 650)", "18.2 (12.0, 25.0)"] in lines
    assert "exemplar's" not in printed(MADE)
    ends = " (0.00, 100.00)"
    expected = [
        ["transfer", "leak"],
        ["one", "0.80" + ends, "0.20" + ends],
        ["two", "0.70" + ends, "0.10" + ends],
        ["3 seeds"],
        ["three", "0.70" + ends, "no switch"],
        ["unchanged", "0.01" + ends, "no switch"],
        ["one", "0.60" + ends, "not measured"],
        ["two", "0.60" + ends, "0.30 (too few)"],
        ["three", "no switch", "no switch"],
        ["one", "21.00" + ends, "25.00" + ends, "1.3 (0.0, 100.0)"],
        ["paste", "14.00" + ends, "exact", "exact"],
        ["one", "1", "region", "1,234,567", "5,632.1", "12.3"],
        ["two", "1", "whole image", "3,703,701", "5,632.1", "12.3"],
        ["three", "none", "region", "1,234,567", "5,632.1", "12.3"],
        ["unchanged", "none", "region", "0", "not measured", "12.3"],
    ]
    for line in expected:
        assert line in lines
    text = " ".join(printed(MADE).split())
    assert "By the judge conv of judge, balanced accuracy on the sources 0.99." in text
    assert "An edit of one face, on cpu, 2 threads" in text
    assert "different attributes" not in text


def test_models_without_switches_have_no_table_of_switches() -> None:
    without = MADE | {"rows": [row for row in MADE["rows"] if not row["switches"]]}
    assert "switching" not in printed(without)
    assert "switching" in printed(MADE)


def test_the_best_is_bold() -> None:
    """Of those that could be worse: a baseline rebuilds every face, by what it is."""
    bold = re.findall(r"\x1b\[1m(.*?)\x1b\[0m", printed(MADE, styles=True))
    shown = [text.strip().partition(" ")[0] for text in bold]
    assert [text for text in shown if re.match(r"\d", text)] == [
        "0.10",  # leak
        "0.90",  # transfer, pasted
        "0.60",  # effect, of two
        "0.60",
        "0.30",  # crosstalk
        "25.00",  # rebuilt, by two
        "22.00",  # the truth
        "25.00",
        "0.5",  # outside
    ]


LOOKED_AT = MADE | {
    "looks": MADE["looks"] | {"features": "EfficientNet-Lite0"},
    "identity": {
        "recogniser": "dlib", "threshold": 0.6,
        "distance": {"pair": figure(0.81, 0.8, 0.82)}, "below": {"pair": figure(0.01, 0, 0.02)},
        "errors": {"same_above": figure(0.125, 0, 1), "different_below": figure(0.25, 0, 1)},
    },
    "realism": {
        "features": "EfficientNet-Lite0", "count": 64,
        "untouched": {"frechet_distance": 1.234, "kernel_distance": figure(0.0123, 0, 1)},
    },
    "rows": [
        a_row("one", 2, truth_psnr=(21.34, 20.11, 22.57), truth_ssim=(0.845, 0.812, 0.871),
              reconstruction_psnr=(28.11, 27.22, 29.33), outside=(0.7, 0.6, 0.8),
              sharpness=(1234, 1001, 1456), skin=(12.3, 10.1, 14.5), likeness=(0.61, 0.58, 0.64),
              nearer_than_source=(0.55, 0.5, 0.6), nearer_than_stranger=(0.83, 0.79, 0.86),
              identity_distance=(0.42, 0.4, 0.44), identity_below=(0.98, 0.9, 1),
              exemplar_distance=(0.73, 0.7, 0.8), frechet_distance=(4.321, None, None),
              kernel_distance=(0.05, 0.04, 0.06)),
        a_row("paste", 0, identity_distance=(0.54, 0.5, 0.6), identity_below=(0.75, 0.7, 0.8),
              exemplar_distance=(0.63, 0.6, 0.7), frechet_distance=(2.5, None, None),
              kernel_distance=(0.02, 0.01, 0.03)),
    ],
    "not_measured": {"other": "Another figure was not measured."},
}  # fmt: skip


def test_who_it_is_and_how_real_it_looks_by_hand() -> None:
    """With the untouched pairs beside them; none is bold by which who does nothing would win."""
    text = printed(LOOKED_AT)
    lines = lines_of(text)
    for line in (
        ["one", "0.42 (0.40, 0.44)", "0.98 (0.90, 1.00)", "0.73 (0.70, 0.80)"],
        ["paste", "0.54 (0.50, 0.60)", "0.75 (0.70, 0.80)", "0.63 (0.60, 0.70)"],
        ["untouched (control)", "0.81 (0.80, 0.82)", "0.01 (0.00, 0.02)"],
        ["one", "0.84 (0.81, 0.87)", "1234 (1001, 1456)", "12.3 (10.1, 14.5)"],
        ["paste", *["not measured"] * 3],
        ["untouched (control)", "512 (400, 650)", "18.2 (12.0, 25.0)"],
        ["one", "0.61 (0.58, 0.64)", "0.55 (0.50, 0.60)", "0.83 (0.79, 0.86)"],
        ["one", "4.32", "0.0500 (0.0400, 0.0600)"],
        ["untouched (control)", "1.23", "0.0123"],
    ):
        assert line in lines
    said = " ".join(text.split())
    assert "one person 0.125 (0.000, 1.000) are not below 0.6, of two people 0.250" in said
    assert "Another figure was not measured." in said
    bold = re.findall(r"\x1b\[1m(.*?)\x1b\[0m", printed(LOOKED_AT, styles=True))
    assert [cell.partition(" ")[0] for cell in bold if re.match(r"\s*\d", cell)] == [
        *("21.34", "28.11", "0.7"),  # of the truth and of networks
        "0.84",
    ]


def test_a_comparison_from_before_there_were_looks_is_printed() -> None:
    older = {name: part for name, part in LOOKED_AT.items() if name != "looks"}
    assert "Sharpness" in printed(LOOKED_AT)
    assert "Sharpness" not in printed(older)
    assert "exemplar's" not in printed(older)


def test_controls_of_a_comparison_are_of_untouched_faces() -> None:
    figures = {
        "sharpness": {"real": 3}, "skin": {"real": 4}, "likeness": {"features": "lines"},
    }  # fmt: skip
    looks = {"sharpness": 3, "skin": 4, "features": "lines"}
    assert module._controls(figures) == {"looks": looks}


def test_means_over_different_attributes_are_said(found: dict[str, Any]) -> None:
    text = " ".join(printed(found).split())
    assert (
        "Means over different attributes: att, ebgan, unchanged, paste, poisson: Mustache, "
        "Smiling; whole: Mustache." in text
    )


def test_tables_fit_into_80_columns(found: dict[str, Any]) -> None:
    for result in (MADE, LOOKED_AT, found):
        text = printed(result)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= 80
        assert lines_of(text)[:10] == lines_of(printed(result, 120))[:10]


def test_tables_of_a_comparison_that_was_read_back(found: dict[str, Any]) -> None:
    assert printed(json.loads(json.dumps(found))) == printed(found)


# The contact sheet


def test_the_sheet_has_a_column_a_row(
    found: dict[str, Any], sheet_file: Path, roughly: None, model_file: Path, tmp_path: Path
) -> None:
    page = Image.open(sheet_file)  # source, exemplar, three rows, truth
    assert page.width == 6 * (128 + 4) + 4
    compare([model_file], FEW, 3, sheet_path=tmp_path / "one.png")
    assert Image.open(tmp_path / "one.png").width == 4 * (128 + 4) + 4


def test_the_sheet_shows_every_models_edit_of_the_same_pairs(
    roughly: None, monkeypatch: pytest.MonkeyPatch, model_file: Path, att_file: Path
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(module, "sheet", lambda columns, path: drawn.extend(columns))
    compare([model_file, att_file], FEW, 5, sheet_path=Path("unused"))
    columns = dict(drawn)
    assert list(columns) == ["source", "exemplar", "ebgan", "att-ebgan", "truth"]
    edited = (columns["ebgan"] != columns["source"]).any(1)
    assert edited.any()
    assert not torch.equal(columns["ebgan"], columns["att-ebgan"])
    assert torch.equal(edited, (columns["att-ebgan"] != columns["source"]).any(1))


# The command


def test_the_command(
    quick: None, command: Command, model_file: Path, att_file: Path, judge_file: Path
) -> None:
    words = ("--judge", judge_file, "--data", "data.count=24", "--data", "data.seed=5")
    outputs = ("--json", "out.json", "--sheet", "sheet.png")
    answer = command("compare", model_file, att_file, *words, "--count", 12, *outputs)
    assert (answer.status, answer.err) == (0, "")
    assert "Editing by attributes, 12 pairs" in answer.out
    assert answer.out.splitlines()[-1] == "contact sheet: sheet.png"
    written = json.loads(Path("out.json").read_text())
    assert [each["name"] for each in written["rows"]] == ["ebgan", "att-ebgan", *BASELINES]
    assert (written["data"]["seed"], written["count"]) == (5, 12)
    assert Path("sheet.png").exists()


def test_it_says_what_is_being_measured(roughly: None, model_file: Path, att_file: Path) -> None:
    said: list[str] = []
    compare([model_file, att_file], FEW, 3, say=said.append)
    assert said == [f"measuring {name}" for name in (model_file, att_file, *BASELINES)]


@pytest.mark.parametrize("option", ["--json", "--sheet"])
def test_a_folder_that_is_not_there_is_said_before_the_work(
    command: Command, model_file: Path, option: str
) -> None:
    answer = command("compare", model_file, option, "nowhere/out")
    assert answer.status == 2
    assert answer.err == (
        "ebgan-kit: nowhere/out: the folder nowhere does not exist; make it first\n"
    )


def test_no_models_at_all() -> None:
    with pytest.raises(UsageError, match="there are no models to compare: name one model file"):
        compare([])


def test_models_of_two_sizes_are_named(model_file: Path, att_file: Path, tmp_path: Path) -> None:
    small = a_copy(model_file, tmp_path / "small", size=32)
    with pytest.raises(UsageError) as caught:
        compare([att_file, small])
    assert str(caught.value) == (
        f"the models edit faces of different sizes in pixels: {att_file} of 64, {small} of 32"
    )


def test_a_judge_of_larger_faces(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "judge.toml").write_text(JUDGE)
    overrides = ["data.size=128", "train.images=4"]
    judge = train(read(tmp_path / "judge.toml", overrides), tmp_path / "judge")
    with pytest.raises(
        UsageError, match="sees faces of 128 pixels and the model edits faces of 64"
    ):
        compare([model_file], judge_path=judge)


def test_a_judge_is_no_model_to_compare(
    command: Command, model_file: Path, judge_file: Path
) -> None:
    answer = command("compare", model_file, judge_file)
    assert answer.status == 2
    assert answer.err == f"ebgan-kit: {judge_file}: is a judge, and edits nothing\n"


def test_the_whole_image_is_no_region_to_compare_in(
    roughly: None, command: Command, whole_file: Path, model_file: Path
) -> None:
    answer = command("compare", whole_file, model_file)
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 1
    assert f"{whole_file}: edits the whole image" in answer.err
    way_out = re.findall(r"--data (\S+=\w+)", answer.err)
    assert way_out == ["mask.use=region", "mask.regions=mouth"]
    result = compare([whole_file, model_file], [*FEW, *way_out], 3)
    assert result["mask"]["regions"] == ["mouth"]
    assert names_of(result) == ["att-ebgan", "ebgan"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Eyeglasses", "Eyeglasses does not show in the region mouth: it takes eyes"),
        ("Chewing", "switches Chewing, which the data does not know"),
    ],
)
def test_a_switch_that_cannot_be_measured(
    model_file: Path, att_file: Path, tmp_path: Path, name: str, sentence: str
) -> None:
    recipe = json.loads(json.dumps(ModelFile.open(att_file).header.recipe))
    recipe["model"]["attributes"] = ["Smiling", name]
    recipe["mask"]["regions"] = ["mouth", "eyes"]
    other = a_copy(att_file, tmp_path / "other", recipe=recipe, attributes=["Smiling", name])
    with pytest.raises(UsageError) as caught:
        compare([model_file, other])
    assert str(caught.value) == f"{other}: {sentence}"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.safetensors"], "nothing.safetensors: no such file"),
        (["MODEL", "--data", "model.code=3"], "only keys of [data] and [mask] can be set"),
        (["MODEL", "--data", "data.size=32"], "the model edits faces of 64 pixels"),
        (["MODEL", "--judge", "MODEL"], "has no classifier"),
    ],
)
def test_a_wrong_comparison(
    command: Command, model_file: Path, words: list[str], sentence: str
) -> None:
    answer = command("compare", *(model_file if word == "MODEL" else word for word in words))
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err
