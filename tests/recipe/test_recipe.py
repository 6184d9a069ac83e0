"""Recipes: what is wrong is said in one sentence, what is right comes back as it was."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures.recipes import ATT, TINY
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.recipe.grammar import DEFAULTS, MANY, SIDES
from ebgan_kit.recipe.json_schema import schema
from ebgan_kit.recipe.ramp import Ramp, at
from ebgan_kit.recipe.recipe import Recipe, parse, read
from ebgan_kit.registry.part import KINDS
from ebgan_kit.registry.plugins import registry

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))

WRONG = {
    "unknown table": ("[encoder]", "[encodr]", "encodr", "", "encoder"),
    "unknown part": ('"conv6"', '"conv7"', "discriminator", "use", "conv6"),
    "unknown loss": ("[loss.cycle]", "[loss.cycel]", "loss.cycel", "use", "cycle"),
    "unknown watcher": ("[watch.jsonl]", "[watch.json]", "watch.json", "use", "jsonl"),
    "unknown key of a part": ("blocks = 1", "block = 1", "generator", "block", "blocks"),
    "unknown key of a term": ("weight = 10\n", "wieght = 10\n", "loss.cycle", "wieght", "weight"),
    "unknown key of train": ("log_every = 4", "log_evry = 4", "train", "log_evry", "log_every"),
    "unknown key at the top": ("seed = 0", "sede = 0", "", "sede", "seed"),
    "another part's key": ("count = 16", 'root = "x"', "data", "root", ""),
    "an attribute of the wrong type": (
        "code = 4", "code = 4\nattributes = 3", "model", "attributes", "",
    ),
    "text for a number": ("code = 4", 'code = "4"', "model", "code", ""),
    "true for a number": ("code = 4", "code = true", "model", "code", ""),
    "a fraction for a number": ("images = 16", "images = 16.5", "train", "images", ""),
    "a number for text": ('name = "tiny"', "name = 5", "", "name", ""),
    "a number for a choice": ('regions = ["mouth"]', "by = 2", "mask", "by", ""),
    "text for a list": ('regions = ["mouth"]', 'regions = "mouth"', "mask", "regions", ""),
    "no such choice in a list": ('["mouth"]', '["mouth", "mout"]', "mask", "regions", ""),
    "an empty list": ('["mouth"]', "[]", "mask", "regions", ""),
    "no such precision": ('"float32"', '"bf17"', "train", "precision", ""),
    "a part named by a number": ('use = "synthetic"', "use = 3", "data", "use", ""),
    "a part without a name": ('use = "synthetic"\n', "", "data", "use", ""),
    "a weight that is text": ("weight = 100", 'weight = "x"', "loss.reconstruction", "weight", ""),
    "a weight that is true": ("weight = 100", "weight = true", "loss.reconstruction", "weight", ""),
    "a weight below zero": ("weight = 100", "weight = -1", "loss.reconstruction", "weight", ""),
    "a weight without end": ("weight = 100", "weight = inf", "loss.reconstruction", "weight", ""),
    "half a ramp": (
        "weight = 100", "weight = {from = 0, to = 1}", "loss.reconstruction", "weight", "",
    ),
    "too little": ("images = 16", "images = 0", "train", "images", ""),
    "too much": ("seed = 0", f"seed = {2**63}", "", "seed", ""),
    "outside an interval": (
        "[train]", "[optimizer.model]\nbetas = [0.5, 2]\n[train]", "optimizer.model", "betas", "",
    ),
    "a name that is a path": ('name = "tiny"', 'name = "a/b"', "", "name", ""),
    "no name": ('name = "tiny"\n', "", "", "name", ""),
    "no length": ("images = 16\n", "", "train", "images", ""),
    "pieces that do not fit": ("batch = 4", "batch = 4\naccumulate = 3", "train", "", ""),
    "no discriminator": (
        '[discriminator]\nuse = "conv6"\nwidth = 4\nmax_channels = 8\n', "", "adversarial", "", "",
    ),
    "no such side": (
        "[train]", '[optimizer.critc]\nuse = "adam"\n[train]', "optimizer.critc", "", "critic",
    ),
    "a side that is a key": (
        "[train]", "[optimizer]\nmodel = 3\n[train]", "optimizer", "model", "",
    ),
    "a part that is a key": ("[watch.jsonl]", "[watch]\njsonl = 3", "watch", "jsonl", ""),
    "a key without its table": (
        "[loss.cycle]\nweight = 10", "[loss]\nweight = 10", "loss", "weight", "",
    ),
    "a table that is a key": ("seed = 0", 'seed = 0\naugment = "jitter"', "", "augment", ""),
    "a table in a list": ("[mask]", "[[mask]]", "", "mask", ""),
    "train in a list": ("[train]", "[[train]]", "", "train", ""),
    "broken TOML": ("[train]", "[train", "", "", ""),
    "a key said twice": ("code = 4", "code = 4\ncode = 5", "", "", ""),
    "lists in lists without end": ("code = 4", f"code = {'[' * 5_000}", "", "", ""),
    "tables in tables without end": ("code = 4", f"{'.'.join('a' * 5_000)} = 4", "", "", ""),
}  # fmt: skip
"""What is wrong → a piece of the recipe, what stands in its place, and the error's fields: the
table, the key and the word that comes nearest."""


def wrong_recipe(tmp_path: Path, case: str) -> Path:
    old, new, *_ = WRONG[case]
    assert old in TINY
    path = tmp_path / "wrong.toml"
    path.write_text(TINY.replace(old, new, 1))
    return path


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_recipe_is_answered_by_one_sentence(tmp_path: Path, case: str) -> None:
    path = wrong_recipe(tmp_path, case)
    with pytest.raises(UsageError) as caught:
        read(path)
    error, fields = caught.value, WRONG[case][2:]
    assert (error.place, error.key, error.hint) == fields
    sentence = str(error)
    assert sentence.startswith(f"{path}: ")
    assert len(sentence.splitlines()) == 1
    assert all(word in sentence for word in fields)


SENTENCES = {
    "unknown table": "no table is called [encodr]; did you mean 'encoder'?",
    "unknown part": (
        "[discriminator] use: no discriminator is called 'conv7'; did you mean 'conv6'?"
    ),
    "unknown key of a part": "[generator] has no key 'block'; did you mean 'blocks'?",
    "unknown key at the top": "the recipe has no key 'sede'; did you mean 'seed'?",
    "text for a number": '[model] code = "4": input should be a valid integer',
    "no such choice in a list": "[mask] regions = \"mout\": input should be 'mouth', ",
    "a part without a name": "[data] needs a key 'use' that names its data",
    "half a ramp": "[loss.reconstruction] weight needs the key 'by'",
    "too little": "[train] images = 0: input should be greater than 0",
    "no name": "the recipe needs the key 'name'",
    "no length": "[train] needs the key 'images'",
    "pieces that do not fit": "[train]: batch 4 cannot be cut into 3 equal pieces",
    "no discriminator": "table [adversarial] needs a table [discriminator]",
    "no such side": "no table is called [optimizer.critc]; did you mean 'critic'?",
    "a side that is a key": "[optimizer] has no key 'model': write a table [optimizer.NAME]",
    "a table that is a key": (
        "'augment' is a table, not a key: write [augment] and its keys below it"
    ),
    "broken TOML": "is not valid TOML: ",
    "lists in lists without end": "is nested deeper than any recipe",
    "tables in tables without end": "is nested deeper than any recipe",
}
"""What is wrong → how the answer begins: one of each kind of sentence."""


@pytest.mark.parametrize("case", SENTENCES)
def test_the_words_of_an_answer(tmp_path: Path, case: str) -> None:
    path = wrong_recipe(tmp_path, case)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {SENTENCES[case]}")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_recipe_ends_the_command_and_writes_nothing(
    tmp_path: Path, command: Callable[..., Any], case: str
) -> None:
    path = wrong_recipe(tmp_path, case)
    answer = command("run", path)
    assert answer.status == 2
    assert answer.err.startswith(f"ebgan-kit: {path}: ")
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["model", "data", "mask"])
def test_a_table_that_must_be_there(place: str) -> None:
    document = tomllib.loads(TINY)
    del document[place]
    with pytest.raises(UsageError, match=rf"^recipe: table \[{place}\] is missing$"):
        parse(document)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(TINY.replace("count", "cuont").replace("code = 4", "code = 0"))
    with pytest.raises(UsageError) as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 2
    found = [(mistake.place, mistake.key, mistake.hint) for mistake in caught.value.mistakes]
    assert found == [("model", "code", ""), ("data", "cuont", "count")]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_recipe_as_windows_editors_save_it(tiny_file: Path, tmp_path: Path, ends: str) -> None:
    marked = tmp_path / "marked.toml"
    text = tiny_file.read_text().replace("\n", ends)
    marked.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read(marked).dump() == read(tiny_file).dump()


def test_files_that_are_no_recipes(tmp_path: Path, command: Callable[..., Any]) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes('name = "fünf"'.encode("latin-1"))
    for path, reason in [
        (tmp_path / "nowhere.toml", "No such file"),
        (tmp_path, "directory"),
        (latin, "not UTF-8"),
    ]:
        answer = command("run", path)
        assert answer.status == 2
        assert answer.err.startswith(f"ebgan-kit: {path}: ")
        assert reason in answer.err
    assert list(tmp_path.iterdir()) == [latin]


def test_a_name_of_a_file_that_no_recipe_can_hold(tiny_file: Path) -> None:
    latin = b"data.root=caf\xe9".decode("utf-8", "surrogateescape")
    with pytest.raises(UsageError, match=r"data\.root=caf\\udce9: is no UTF-8 text"):
        read(tiny_file, ["data.use=folder", latin])


@pytest.mark.parametrize("given", [["data.root="], ["data.root=faces", "data.table="]])
def test_an_empty_path_is_not_the_working_folder(tiny_file: Path, given: list[str]) -> None:
    with pytest.raises(UsageError, match=r'\[data\] (root|table) = "": no path is empty'):
        read(tiny_file, ["data.use=folder", *given])


# What only shows when the parts are built is said in the same way


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["data.size=100"], "[encoder] conv: 100 pixels cannot be halved 4 times"),
        (["data.size=32"], "[discriminator] conv6: 32 pixels cannot be halved 6 times"),
        (["train.batch=6"], "[train] a batch of 6 cannot be cut into groups of 4 (pairing.group)"),
        (["train.accumulate=2"], "[train] a batch of 4 in 2 pieces cannot be cut into groups of 4"),
        (["mask.use=box", "mask.left=0.9"], "[mask] box: the box is empty"),
        (["mask.use=file", "mask.path=no.png"], "[mask] file: no.png cannot be read"),
        (["mask.use=any-of", 'mask.of=[{use="boxx"}]'], "did you mean 'box'?"),
        (["encoder.use=timm", "encoder.backbone=resnet19"], "[encoder] timm: timm has no backbone"),
        (["encoder.use=timm", "encoder.level=5"], "[encoder] timm: backbone 'resnet18' has no"),
        (
            ["encoder.use=timm", "encoder.backbone=vit_tiny_patch16_224"],
            "[encoder] timm: backbone 'vit_tiny_patch16_224' does not take 64 pixels",
        ),
        (
            [*ATT[1:4], "classifier.use=timm", "classifier.backbone=vit_tiny_patch16_224"],
            "[classifier] timm: backbone 'vit_tiny_patch16_224' does not take 64 pixels",
        ),
        (
            [
                *ATT[1:4],
                "classifier.use=timm",
                "classifier.backbone=darknet17",
                "classifier.pretrained=true",
            ],
            "[classifier] timm: timm has no weights of 'darknet17': set pretrained=false",
        ),
        (["train.start=none.safetensors"], "none.safetensors: no such file"),
        (["data.use=folder", "data.root=nowhere"], "nowhere"),
    ],
)
def test_parts_that_do_not_fit(
    tiny_file: Path, command: Callable[..., Any], overrides: list[str], words: str
) -> None:
    answer = command("run", tiny_file, *overrides)
    assert answer.status == 2
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert list(tiny_file.parent.iterdir()) == [tiny_file]


# Attributes


@pytest.mark.parametrize(
    ("overrides", "place", "key"),
    [
        (["model.attributes=[]"], "model", "attributes"),
        (["model.block=0"], "model", "block"),
        (["model.borrow=1.5"], "model", "borrow"),
        (["model.borrow=-0.1"], "model", "borrow"),
        (["model.code=4"], "model", "code"),
        (["model.filtered=maybe"], "model", "filtered"),
        (["train.switch_off=2"], "train", "switch_off"),
        (["train.switch_on=-1"], "train", "switch_on"),
        (["loss.attribute.judges=face"], "loss.attribute", "judges"),
        (["classifier.use=convv"], "classifier", "use"),
        (["classifier.enlarge=2"], "classifier", "enlarge"),
        (["model.attributes=Bald"], "model", "attributes"),
    ],
)
def test_a_wrong_recipe_of_attributes(
    tiny_file: Path, overrides: list[str], place: str, key: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(tiny_file, [*ATT, *overrides])
    assert (caught.value.place, caught.value.key) == (place, key)
    assert len(str(caught.value).splitlines()) == 1


def test_attributes_must_be_named(tiny_file: Path) -> None:
    with pytest.raises(UsageError, match=r"\[model\] needs the key 'attributes'"):
        read(tiny_file, ["model.use=att-ebgan"])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["mask.use=whole", "model.attributes=Smiling,Bald"], "the data has no Bald; it has Smil"),
        (["classifier.depth=7"], "[classifier] conv: 64 pixels cannot be halved 7 times"),
        (["data.use=folder", "data.root=."], "[model] attributes"),
    ],
)
def test_attributes_that_do_not_fit(
    tiny_file: Path, command: Callable[..., Any], overrides: list[str], words: str
) -> None:
    Image.new("RGB", (64, 64)).save(tiny_file.parent / "face.png")
    before = set(tiny_file.parent.iterdir())
    answer = command("run", tiny_file, *ATT, *overrides)
    assert answer.status == 2
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert set(tiny_file.parent.iterdir()) == before


# Overrides


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("images", "'images' is not an override: write table.key=value"),
        ("=3", "is not an override"),
        ("trian.images=3", "no table is called [trian]; did you mean 'train'?"),
        ("train.imagse=3", "[train] has no key 'imagse'; did you mean 'images'?"),
        ("train.images.more=3", "'images' is a key, not a table"),
        ("train.images=many", '[train] images = "many"'),
        ("nmae=x", "did you mean 'name'?"),
        ("encoder=conv", "'encoder' is a table"),
        ("encoder.use=convv", "[encoder] use: no encoder is called 'convv'; did you mean 'conv'?"),
        ("loss.glow.weight=3", "[loss.glow] use: no loss is called 'glow'"),
        ("loss.weight=3", "[loss.NAME]"),
        ("mask.regions=mouth,eys", '[mask] regions = "eys"'),
        ("optimizer.modle.lr=1", "did you mean 'model'?"),
    ],
)
def test_a_wrong_override(tiny_file: Path, override: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tiny_file, [override])
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_overrides_set_numbers_text_and_lists(tiny: Callable[..., Recipe]) -> None:
    recipe = tiny(
        "name=other",
        "train.images=1_000",
        "optimizer.model.lr=1e-3",
        "optimizer.model.betas=0.1, 0.9",
        "data.partitions=train,valid",
        "mask.regions=eyes",
        "loss.cycle.weight=0",
    )
    assert recipe.name == "other"
    assert recipe.train.images == 1000
    assert recipe.tables["optimizer.model"].keys.lr == 1e-3
    assert recipe.tables["optimizer.model"].keys.betas == (0.1, 0.9)
    assert recipe.tables["data"].keys.partitions == ("train", "valid")
    assert recipe.tables["mask"].keys.regions == ("eyes",)
    assert recipe.tables["loss.cycle"].words.weight == 0


def test_an_override_may_write_a_ramp(tiny: Callable[..., Recipe]) -> None:
    weight = tiny("loss.cycle.weight={from=0, to=10, by=100}").tables["loss.cycle"].words.weight
    assert isinstance(weight, Ramp)
    assert [at(weight, clock) for clock in (0, 50, 100, 1000)] == [0, 5, 10, 10]


def test_a_new_part_drops_the_old_ones_keys_and_keeps_what_both_know(
    tiny: Callable[..., Recipe],
) -> None:
    mask = tiny("mask.use=box").tables["mask"].dump()
    assert mask == {"use": "box", "left": 0.3, "top": 0.6, "right": 0.7, "bottom": 0.9}
    generator = tiny("generator.use=unet").tables["generator"].dump()
    assert generator["width"] == 4
    assert generator["blocks"] == 1


def test_a_new_part_comes_before_its_keys(tiny: Callable[..., Recipe]) -> None:
    keys = tiny("encoder.backbone=resnet10t", "encoder.use=timm").tables["encoder"].keys
    assert keys.backbone == "resnet10t"


def test_a_term_keeps_its_weight_with_another_part(tiny: Callable[..., Recipe]) -> None:
    table = tiny("adversarial.weight=0.5", "adversarial.use=hinge").tables["adversarial"]
    assert table.words.weight == 0.5
    assert table.part.name == "hinge"


def test_the_recipe_itself_is_left_alone() -> None:
    document = tomllib.loads(TINY)
    parse(document, ["encoder.use=timm", "train.images=4"])
    assert document == tomllib.loads(TINY)


# Defaults and round trips


def test_what_a_recipe_leaves_out(tiny: Callable[..., Recipe]) -> None:
    recipe = tiny("optimizer.model.lr=1e-3")
    assert recipe.tables["pairing"].part.name == "shuffle"
    assert recipe.tables["optimizer.model"].part.name == "adam"
    assert recipe.tables["optimizer.critic"].keys.lr == 1e-4
    assert list(recipe.of("watch")) == ["jsonl"]
    silent = tomllib.loads(TINY)
    del silent["watch"]
    assert list(parse(silent).of("watch")) == list(DEFAULTS["watch"])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_comes_back_as_it_was(path: Path) -> None:
    recipe = read(path)
    assert recipe.name == path.stem
    dump = recipe.dump()
    assert parse(dump).dump() == dump
    assert parse(json.loads(json.dumps(dump))).dump() == dump


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_takes_other_data(path: Path) -> None:
    recipe = read(path, ["data.use=synthetic"])
    assert recipe.tables["data"].part.name == "synthetic"
    assert recipe.size == read(path).size


def test_ramps_and_paths_come_back_as_they_were(tiny: Callable[..., Recipe]) -> None:
    recipe = tiny("loss.cycle.weight={from=0, to=10, by=100}", "train.start=a/b.safetensors")
    dump = recipe.dump()
    assert dump["loss"]["cycle"]["weight"] == {"from": 0.0, "to": 10.0, "by": 100}
    assert parse(dump).dump() == dump
    assert parse(dump).train.start == Path("a/b.safetensors")


# The schema for editors


def references(shape: Any) -> Iterator[str]:
    """Every $ref in a schema."""
    if isinstance(shape, dict):
        if "$ref" in shape:
            yield shape["$ref"]
        shape = list(shape.values())
    if isinstance(shape, list):
        for each in shape:
            yield from references(each)


def fitting(shapes: list[dict[str, Any]], use: str) -> dict[str, Any]:
    (found,) = [s for s in shapes if s["properties"]["use"] == {"const": use}]
    return found


def test_the_schema_holds_together() -> None:
    whole = schema()
    assert json.loads(json.dumps(whole)) == whole
    found = set(references(whole))
    assert found
    assert found <= {f"#/$defs/{name}" for name in whole["$defs"]}


def test_the_schema_knows_every_part() -> None:
    properties = schema()["properties"]
    for kind in KINDS:
        shapes = properties[kind]
        if kind in SIDES:
            shapes = shapes["properties"][SIDES[kind][0]]
        if kind in MANY:
            shapes = shapes["additionalProperties"]
        for name in registry().parts[kind]:
            assert fitting(shapes["anyOf"], name)["description"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_schema_has_every_key_of_a_shipped_recipe(path: Path) -> None:
    properties = schema()["properties"]
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(schema()["required"]) <= set(document) <= set(properties)
    assert set(document["train"]) <= set(properties["train"]["properties"])
    for place, table in read(path).tables.items():
        kind, _, side = place.partition(".")
        shapes = properties[kind]
        if kind in SIDES:
            shapes = shapes["properties"][side]
        if kind in MANY:
            shapes = shapes["additionalProperties"]
        shape = fitting(shapes["anyOf"], table.part.name)
        assert set(table.dump()) <= set(shape["properties"])
        assert set(shape["required"]) <= set(table.dump())


def test_home_in_a_recipe(
    tiny: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe keeps the `~`, which tells nobody whose home it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.new("L", (64, 64), 255).save(tmp_path / "mask.png")
    (tmp_path / "faces").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "faces" / "a.png")
    masks = 'mask.of=[{use="file", path="~/mask.png"}]'
    recipe = tiny("data.use=folder", "data.root=~/faces", "mask.use=any-of", masks)
    assert len(recipe.tables["data"].build()) == 1
    recipe.tables["mask"].build()
    assert recipe.dump()["data"]["root"] == "~/faces"
