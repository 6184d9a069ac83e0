"""Sweeps: a variant a combination of values, trained once, measured side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures.runs import weights

from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.evaluation import compare as comparing
from ebgan_kit.evaluation.sweep import sweep, variants, winner
from ebgan_kit.recipe.recipe import read
from ebgan_kit.training.trainer import train

Command = Callable[..., Any]


def swept(file: Path, *overrides: str) -> list[Any]:
    return [each.recipe for each in variants(file, overrides)]


# Variants


def test_a_variant_a_combination_the_seed_last(tiny_file: Path) -> None:
    recipes = swept(tiny_file, "seed=0,1", "model.code=4,8", "train.images=8")
    assert [recipe.name for recipe in recipes] == [
        "tiny-code_4-0", "tiny-code_4-1", "tiny-code_8-0", "tiny-code_8-1",
    ]  # fmt: skip
    found = [(recipe.tables["model"].keys.code, recipe.seed) for recipe in recipes]
    assert found == [(4, 0), (4, 1), (8, 0), (8, 1)]
    assert {recipe.train.images for recipe in recipes} == {8}


def test_a_variant_is_the_recipe_with_these_keys_and_a_name(tiny_file: Path) -> None:
    first, _ = variants(tiny_file, ["model.code=6,8"])
    expected = read(tiny_file, ["model.code=6", "name=tiny-code_6"])
    assert first.recipe.dump() == expected.dump()
    assert first.folder == Path("runs/tiny-code_6")


def test_a_name_can_be_given(tiny_file: Path) -> None:
    recipes = swept(tiny_file, "name=mine", "optimizer.model.lr=1e-3,0.002")
    assert [recipe.name for recipe in recipes] == ["mine-lr_1e_3", "mine-lr_0.002"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[mouth],[eyes,brows]", [["mouth"], ["eyes", "brows"]]),
        ("mouth,eyes", [["mouth"], ["eyes"]]),
        ('["mouth","nose"],components', [["mouth", "nose"], ["components"]]),
    ],
)
def test_lists_are_left_whole(tiny_file: Path, value: str, expected: list[list[str]]) -> None:
    found = [r.tables["mask"].keys.regions for r in swept(tiny_file, f"mask.regions={value}")]
    assert [list(regions) for regions in found] == expected


def test_tables_and_lists_of_them_are_left_whole(tiny_file: Path) -> None:
    words = ("mask.use=any-of", 'mask.of=[{use="whole"},{use="box", left=0.1}],[{use="freeform"}]')
    recipes = swept(tiny_file, *words)
    uses = [[each["use"] for each in recipe.tables["mask"].keys.of] for recipe in recipes]
    assert uses == [["whole", "box"], ["freeform"]]
    ramps = swept(tiny_file, "loss.cycle.weight=1,{from=0, to=10, by=12}")
    assert len(ramps) == 2
    assert len({recipe.name for recipe in ramps}) == 2


@pytest.mark.parametrize("words", [["model.code=4"], ["mask.regions=[mouth,eyes]", "seed=1"]])
def test_nothing_swept_is_said(tiny_file: Path, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        swept(tiny_file, *words)
    assert str(caught.value) == (
        "nothing is swept: give a key several values, such as model.code=8,16"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["model.code=4,8", "model.coed=4"], "did you mean 'code'"),
        (["model.code=4,no"], "[model] code"),
        (["model.code=4,8", "seed"], "'seed' is not an override"),
    ],
)
def test_a_wrong_sweep_trains_nothing(
    command: Command, tiny_file: Path, words: list[str], sentence: str
) -> None:
    answer = command("sweep", tiny_file, *words)
    assert answer.status == 2
    assert sentence in answer.err
    assert not Path("runs").exists()


def test_a_sweep_writes_over_nothing_that_it_reads(
    command: Command, tiny_file: Path, folder: Path
) -> None:
    photograph = next(folder.glob("*.png"))
    before = photograph.read_bytes()
    where = ("data.use=folder", f"data.root={folder}")
    for words in (where, ("--data", f"data.root={folder}")):
        answer = command("sweep", tiny_file, "model.code=4,8", *words, "--sheet", photograph)
        assert answer.status == 2
        assert f"{photograph}" in answer.err
        assert photograph.read_bytes() == before
    assert not Path("runs").exists()


def test_an_interrupted_sweep_says_how_to_go_on(
    command: Command, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*given: Any, **also: Any) -> Path:
        raise Stopped("stopped after 8 images, all saved; go on with")

    monkeypatch.setattr("ebgan_kit.evaluation.sweep.train", stopped)
    answer = command("sweep", tiny_file, "model.code=4,8", "--count", 8)
    assert answer.status == 130
    assert answer.err.endswith(
        "stopped after 8 images, all saved; go on with:\n"
        f"  ebgan-kit sweep {tiny_file} model.code=4,8 --count 8\n"
    )


# The winner


def figure(value: float | None, low: float | None = None, high: float | None = None) -> Any:
    return {"value": value, "low": low, "high": high}


def a_row(name: str, models: int = 1, **figures: Any) -> dict[str, Any]:
    return {"name": name, "models": ["a"] * models, **figures}


def test_the_winner_by_the_first_figure_that_was_measured() -> None:
    rows = [
        a_row("one", truth_psnr=figure(20, 19, 21), reconstruction_psnr=figure(30, 29, 31)),
        a_row("two", truth_psnr=figure(22.5, 21, 23.25), reconstruction_psnr=figure(25, 24, 26)),
        a_row("paste", 0, truth_psnr=figure(40, 39, 41), reconstruction_psnr=figure(100, 100, 100)),
    ]
    assert winner({"rows": rows}) == "best by truth_psnr: two, 22.500 (21.000, 23.250)"
    for row in rows:
        del row["truth_psnr"]
    assert winner({"rows": rows}) == "best by reconstruction_psnr: one, 30.000 (29.000, 31.000)"
    rows[1]["nearer_than_stranger"] = figure(0.5, 0.25, 0.75)
    assert winner({"rows": rows}) == "best by nearer_than_stranger: two, 0.500 (0.250, 0.750)"


def test_a_winner_of_too_few_people_and_none_at_all() -> None:
    rows = [a_row("one", truth_psnr=figure(None)), a_row("two", truth_psnr=figure(7))]
    assert winner({"rows": rows}) == "best by truth_psnr: two, 7.000 (too few)"
    assert winner({"rows": rows[:1]}) is None
    assert winner({"rows": [a_row("one")]}) is None


# A sweep


SHORT = ("train.images=8", "train.checkpoint_every=4")


def test_a_variant_is_trained_once_and_goes_on_where_it_was(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    every = list(variants(tiny_file, ["model.code=4,6", *SHORT]))
    said: list[str] = []
    models = sweep(every, said.append)
    assert models == [Path(f"runs/tiny-code_{code}/model.safetensors") for code in (4, 6)]
    assert said == ["1 of 2: tiny-code_4", "2 of 2: tiny-code_6"]
    alone = train(read(tiny_file, ["model.code=6", *SHORT]), tmp_path / "alone").parent
    first, other = weights(models[1].parent), weights(alone)
    assert all(first[name].equal(other[name]) for name in other)
    before = [(model.parent / "metrics.jsonl").read_bytes() for model in models]
    assert sweep(list(variants(tiny_file, ["model.code=4,6,7", *SHORT]))[:2]) == models
    assert [(model.parent / "metrics.jsonl").read_bytes() for model in models] == before
    # what was stopped half way ends as if it had not been
    newest = max((models[1].parent / "checkpoints").glob("*.pt"))
    newest.unlink()
    sweep(every)
    assert newest.exists()
    again = weights(models[1].parent)
    assert all(first[name].equal(again[name]) for name in first)


def test_the_command(
    quick: None, command: Command, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "WARM", 0)
    monkeypatch.setattr(comparing, "TIMED", 3)
    words = ("sweep", tiny_file, "model.code=4,8", "seed=0,1", *SHORT, "--data", "data.count=8")
    answer = command(*words, "--count", 8, "--json", "out.json", "--sheet", "sheet.png")
    assert answer.status == 0
    names = [f"tiny-code_{code}-{seed}" for code in (4, 8) for seed in (0, 1)]
    assert sorted(path.name for path in Path("runs").iterdir()) == sorted(names)
    for number, name in enumerate(names, 1):
        assert f"{number} of 4: {name}" in answer.out + answer.err
    found = json.loads(Path("out.json").read_text())
    rows = {row["name"]: row for row in found["rows"] if row["models"]}
    assert {name: row["seeds"] for name, row in rows.items()} == {
        "tiny-code_4": 2,
        "tiny-code_8": 2,
    }
    assert (found["count"], found["data"]["count"]) == (8, 8)
    assert Path("sheet.png").exists()
    best = max(rows.values(), key=lambda row: row["truth_psnr"]["value"])
    (sentence,) = [
        line for line in (answer.out + answer.err).splitlines() if line.startswith("best by")
    ]
    assert sentence.startswith(
        f"best by truth_psnr: {best['name']}, {best['truth_psnr']['value']:.3f} ("
    )
    kept = {path: path.stat().st_mtime_ns for path in Path("runs").glob("*/checkpoints/*.pt")}
    again = command(*words, "--count", 8)
    assert again.status == 0
    assert sentence in again.out + again.err
    assert {p: p.stat().st_mtime_ns for p in Path("runs").glob("*/checkpoints/*.pt")} == kept


@pytest.mark.parametrize("option", ["--json", "--sheet"])
def test_a_folder_that_is_not_there_is_said_before_the_work(
    command: Command, tiny_file: Path, option: str
) -> None:
    answer = command("sweep", tiny_file, "model.code=4,8", option, "nowhere/out")
    assert answer.status == 2
    assert "nowhere/out: the folder nowhere does not exist" in answer.err
    assert not Path("runs").exists()
