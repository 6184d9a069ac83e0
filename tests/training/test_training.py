"""A run: the same from the same seed, whole after a stop, and all that it should leave behind."""

from __future__ import annotations

import inspect
import os
import pickle
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures.pickles import Harm
from fixtures.recipes import ATT, JUDGE
from fixtures.runs import rows, same, state, weights
from safetensors.torch import load_file

from ebgan_kit.editing.editor import load
from ebgan_kit.errors import Stopped, UsageError
from ebgan_kit.modelfile.build import build_networks
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.parts.data.synthetic import Synthetic
from ebgan_kit.parts.encoders.conv import Conv
from ebgan_kit.parts.watchers.jsonl import Jsonl
from ebgan_kit.recipe.recipe import Recipe, read
from ebgan_kit.registry.part import KINDS, KIT, Part
from ebgan_kit.registry.plugins import registry
from ebgan_kit.training import checkpoint
from ebgan_kit.training.ema import Ema
from ebgan_kit.training.step import Trained
from ebgan_kit.training.trainer import train

Tiny = Callable[..., Recipe]


OPPOSITE = (
    *ATT,
    "pairing.use=opposite",
    "pairing.group=4",
    "adversarial.use=wgan-gp",
    "optimizer.critic.use=rmsprop",
    "optimizer.critic.clamp=0.1",
)
"""Overrides that make pairs of opposites of the tiny recipe, and a critic of Wasserstein's."""


PERSON = (
    "pairing.use=person",
    "model.way_back=0.5",
    "encoder.sees=close",
    "encoder.depth=1",
    "encoder.stem=true",
    "encoder.blocks=1",
    "generator.use=guided",
    "generator.depth=2",
    "adversarial.use=relativistic",
)
"""Overrides that rebuild people from other pictures of theirs, and on the way back."""


def interrupt_at(clock: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the step that ends at this clock is under way."""

    def step(self: Jsonl, now: int) -> None:
        if now == clock:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Jsonl, "step", step, raising=False)


# The same again


@pytest.mark.parametrize(
    "overrides", [[], ["train.precision=bf16", "generator.use=unet"], [*ATT, "model.borrow=0.5"]]
)
def test_one_seed_gives_one_model(tiny: Tiny, tmp_path: Path, overrides: list[str]) -> None:
    for name in ("one", "two"):
        train(tiny(*overrides), tmp_path / name)
    assert same(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert same(state(tmp_path / "one"), state(tmp_path / "two"))
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_another_seed_gives_another(tiny: Tiny, tmp_path: Path, tiny_run: Path) -> None:
    train(tiny("seed=1"), tmp_path / "run")
    assert not same(weights(tmp_path / "run"), weights(tiny_run))


@pytest.mark.skipif(
    shutil.which("g++") is None, reason="on a CPU, torch.compile needs a C++ compiler"
)
@pytest.mark.slow
def test_a_compiled_model_is_trained_alike(tiny: Tiny, tmp_path: Path, tiny_run: Path) -> None:
    """But for rounding."""
    counted = torch._dynamo.utils.counters["stats"]
    counted.clear()
    train(tiny("train.compile=true"), tmp_path / "run")
    assert counted["calls_captured"] > 1, "nothing but the trial was compiled"
    compiled, known = weights(tmp_path / "run"), weights(tiny_run)
    assert compiled.keys() == known.keys()
    assert all(torch.allclose(compiled[name], known[name], atol=1e-4) for name in known)


@pytest.mark.parametrize("clock", [4, 8, 12])
@pytest.mark.parametrize(
    "overrides",
    [
        [],
        [*ATT, "model.borrow=0.5", "train.switch_off=0.3", "train.switch_on=0.2"],
        [
            "train.precision=bf16",
            "augment.faces.use=jitter",
            "augment.faces.flip=0.5",
            "augment.exemplar.use=jitter",
            "augment.exemplar.rotate=10",
            "mask.use=freeform",
            "schedule.model.use=linear",
            "loss.cycle.weight={from=0, to=10, by=12}",
            "train.critic_steps=2",
            "data.count=7",
        ],
        [*OPPOSITE, "train.precision=bf16", "train.switch_off=0.3"],
        [
            "augment.faces.use=kornia",
            'augment.faces.ops=[{use="RandomRotation", degrees=20}]',
            "augment.discriminator.use=kornia",
            'augment.discriminator.ops=[{use="ColorJiggle", brightness=0.2}]',
        ],
        [*PERSON, "augment.faces.use=jitter", "augment.faces.flip=0.5"],
    ],
    ids=[
        "plain",
        "attributes",
        "all that changes over a run",
        "opposite pairs",
        "torch's chance",
        "two pictures of a person",
    ],
)
def test_an_interrupted_run_ends_like_one_that_was_not(
    tiny: Tiny,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    overrides: list[str],
    clock: int,
) -> None:
    recipe = tiny(*overrides)
    train(recipe, tmp_path / "whole")
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        interrupt_at(clock, patch)
        with pytest.raises(Stopped, match=f"stopped after {clock} images"):
            train(recipe, tmp_path / "halves")
    assert signal.getsignal(signal.SIGINT) is handler
    assert ModelFile.open(tmp_path / "halves" / "model.safetensors").header.images == clock
    train(recipe, tmp_path / "halves", resume=True)
    assert same(weights(tmp_path / "halves"), weights(tmp_path / "whole"))
    assert same(state(tmp_path / "halves"), state(tmp_path / "whole"))
    assert rows(tmp_path / "halves") == rows(tmp_path / "whole")


class Dropping(Conv):
    """An encoder whose codes are half dropped in training."""

    def forward(self, image: torch.Tensor, region: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(super().forward(image, region), training=self.training)


@pytest.fixture
def dropping(monkeypatch: pytest.MonkeyPatch) -> None:
    """`encoder.use=dropping` in this test."""
    part = Part(KINDS["encoder"], "dropping", Dropping, KIT)
    monkeypatch.setitem(registry().parts["encoder"], "dropping", [part])


def test_a_run_with_dropout_is_interrupted_and_ends_like_one_that_was_not(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropping: None
) -> None:
    recipe = tiny("encoder.use=dropping")
    torch.manual_seed(1)
    train(recipe, tmp_path / "whole")
    torch.manual_seed(2)
    with monkeypatch.context() as patch:
        interrupt_at(8, patch)
        with pytest.raises(Stopped):
            train(recipe, tmp_path / "halves")
    torch.manual_seed(3)
    train(recipe, tmp_path / "halves", resume=True)
    assert same(state(tmp_path / "halves"), state(tmp_path / "whole"))
    assert not same(weights(tmp_path / "halves"), weights(train(tiny(), tmp_path / "plain").parent))


def test_every_step_drops_something_else(tiny: Tiny, tmp_path: Path, dropping: None) -> None:
    """Otherwise a mask would be learned by heart, and a seed would be no spread."""
    dropped: list[torch.Tensor] = []

    def keep(module: Any, given: Any, code: torch.Tensor) -> None:
        if isinstance(module, Dropping) and module.training:
            dropped.append(code == 0)

    with torch.nn.modules.module.register_module_forward_hook(keep):
        train(tiny("encoder.use=dropping"), tmp_path / "run")
        train(tiny("encoder.use=dropping", "seed=1"), tmp_path / "other")
    assert len(dropped) >= 8
    assert len({tuple(mask.flatten().tolist()) for mask in dropped}) == len(dropped)


def test_a_run_leaves_the_callers_random_numbers_alone(tiny: Tiny, tmp_path: Path) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    train(tiny(), tmp_path / "run")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_run_that_died_goes_on_from_its_checkpoint(
    tiny: Tiny, tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without warning, after the checkpoint: metrics that came after it are written again."""

    def die(self: Jsonl, now: int) -> None:
        if now == 16:
            raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Jsonl, "step", die, raising=False)
        with pytest.raises(RuntimeError, match="the power went"):
            train(tiny(), tmp_path / "run")
    assert [row["images"] for row in rows(tmp_path / "run")] == [4, 8, 12]
    train(tiny(), tmp_path / "run", resume=True)
    assert rows(tmp_path / "run") == rows(tiny_run)
    assert same(weights(tmp_path / "run"), weights(tiny_run))


def test_data_prepares_itself_before_a_run_begins_or_goes_on(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it tells of its way is not for a file: there is no terminal here."""
    begun: list[int] = []

    def prepare(self: Synthetic, tell: Callable[[int, int], None]) -> None:
        tell(len(self), len(self))
        begun.append(len(list(tmp_path.rglob("*.jsonl"))))

    monkeypatch.setattr(Synthetic, "prepare", prepare, raising=False)
    for images in (4, 8):
        keys = (f"train.images={images}", "data.count=3")  # faces are seen again
        train(tiny(*keys), tmp_path / "run", resume=images > 4)
    assert begun == [0, 1]
    assert "preparing" not in capfd.readouterr().err


def test_a_finished_run_may_be_made_longer(tiny: Tiny, tmp_path: Path) -> None:
    train(tiny("train.images=8"), tmp_path / "run")
    train(tiny("train.images=16"), tmp_path / "run", resume=True)
    train(tiny("train.images=16"), tmp_path / "whole")
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))


@pytest.mark.parametrize("overrides", [[], [*ATT, "pairing.use=opposite", "pairing.group=4"]])
def test_pieces_of_a_batch_train_like_the_whole(
    tiny: Tiny, tmp_path: Path, overrides: list[str]
) -> None:
    keys = (*overrides, "train.images=32", "train.batch=8", "train.log_every=8")
    for pieces in (1, 2):
        train(tiny(*keys, f"train.accumulate={pieces}"), tmp_path / str(pieces))
    for whole, cut in zip(rows(tmp_path / "1"), rows(tmp_path / "2"), strict=True):
        assert cut == pytest.approx(whole, rel=1e-4)
    one, two = weights(tmp_path / "1"), weights(tmp_path / "2")
    start = weights(train(tiny(*keys, "train.images=8"), tmp_path / "early").parent)
    assert all(torch.allclose(one[name], two[name], atol=2e-5) for name in one)
    assert not all(torch.allclose(one[name], start[name], atol=2e-5) for name in one)


def test_a_launchers_configuration_does_not_change_what_is_trained(
    tiny: Tiny, tmp_path: Path, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    train(tiny(), tmp_path / "run")
    assert same(weights(tmp_path / "run"), weights(tiny_run))


# Folders


def test_what_a_run_leaves_behind(tiny: Tiny, tmp_path: Path) -> None:
    recipe = tiny(
        "watch.samples.faces=2", "train.sample_every=8", "train.images=24", "train.keep=2"
    )
    model = train(recipe, tmp_path / "run")
    assert model == tmp_path / "run" / "model.safetensors"
    found = sorted(str(p.relative_to(tmp_path / "run")) for p in (tmp_path / "run").rglob("*"))
    assert found == [
        "checkpoints",
        "checkpoints/000000000016.pt",
        "checkpoints/000000000024.pt",
        "metrics.jsonl",
        "model.safetensors",
        "recipe.toml",
        "samples",
        "samples/000000008.png",
        "samples/000000016.png",
        "samples/000000024.png",
    ]
    assert read(tmp_path / "run" / "recipe.toml").dump() == recipe.dump()
    assert [row["images"] for row in rows(tmp_path / "run")] == [4, 8, 12, 16, 20, 24]
    assert set(rows(tmp_path / "run")[0]) == {
        "images",
        "reconstruction",
        "cycle",
        "adversarial",
        "adversarial.critic",
    }


def test_a_run_from_a_path_lands_in_runs(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_file.write_text(tiny_file.read_text().replace("images = 16", "images = 4"))
    monkeypatch.chdir(tmp_path)
    assert train(str(tiny_file)) == Path("runs/tiny/model.safetensors")
    assert Path("runs/tiny/model.safetensors").exists()


def test_a_run_never_meets_another(tiny: Tiny, tmp_path: Path, tiny_run: Path) -> None:
    before = (tiny_run / "model.safetensors").read_bytes()
    with pytest.raises(UsageError, match="exists: go on with it by --resume"):
        train(tiny(), tiny_run)
    with pytest.raises(UsageError, match=r"another recipe: model\.code, seed differ"):
        train(tiny("model.code=8", "seed=5"), tiny_run, resume=True)
    with pytest.raises(UsageError, match="holds no run to resume"):
        train(tiny(), tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()
    assert (tiny_run / "model.safetensors").read_bytes() == before


BROKEN: dict[str, Callable[[Path], Any]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "empty": lambda path: path.write_bytes(b""),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Harm())),
    "a pickle of torch's": lambda path: torch.save({"clock": Harm()}, path),
    "a list": lambda path: torch.save([1, 2], path),
    "a number": lambda path: torch.save({"ema": 3, "model": 4}, path),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_checkpoint_that_is_broken_is_named(
    tiny: Tiny, tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tiny("train.images=8"), tmp_path / "run")
    newest = max((tmp_path / "run" / "checkpoints").glob("*.pt"))
    BROKEN[case](newest)
    with pytest.raises(UsageError, match=rf"{newest.name}: cannot be resumed from \(") as caught:
        train(tiny(), tmp_path / "run", resume=True)
    assert "\n" not in str(caught.value)
    assert "weights_only" not in str(caught.value)
    assert "a pickle was run" not in capsys.readouterr().out


def test_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    layer = torch.nn.Linear(1, 1)
    for clock in (8, 16, 1000):
        checkpoint.save(tmp_path / "kept", clock, {"layer": layer}, keep=2)
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == [
        "000000000016.pt",
        "000000001000.pt",
    ]
    assert checkpoint.restore(tmp_path / "kept", {"layer": layer}) == 1000
    assert checkpoint.restore(tmp_path / "none", {"layer": layer}) == 0


def test_a_copy_of_a_checkpoint_is_none(tmp_path: Path) -> None:
    """Somebody keeps a good one under another name."""
    layer = torch.nn.Linear(1, 1)
    checkpoint.save(tmp_path, 8, {"layer": layer}, keep=1)
    shutil.copy(tmp_path / "000000000008.pt", tmp_path / "best.pt")
    checkpoint.save(tmp_path, 16, {"layer": layer}, keep=1)
    assert checkpoint.restore(tmp_path, {"layer": layer}) == 16
    assert checkpoint.stands(tmp_path) == f"{tmp_path / '000000000016.pt'} stands"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000000016.pt", "best.pt"]


# Attributes


def test_what_a_run_with_attributes_leaves_behind(tiny: Tiny, tmp_path: Path) -> None:
    words = (*ATT, "watch.samples.faces=2", "train.switch_off=0.2", "model.borrow=0.25")
    model = train(tiny(*words), tmp_path / "run")
    parts = {name.partition(".")[0] for name in load_file(model)}
    assert parts == {"encoder", "generator", "classifier"}
    header = ModelFile.open(model).header
    assert header.attributes == ["Smiling", "Mustache"]
    assert header.recipe["model"]["borrow"] == 0.25
    assert list((tmp_path / "run" / "samples").iterdir())
    assert set(rows(tmp_path / "run")[0]) == {
        "images",
        "reconstruction",
        "cycle",
        "attribute",
        "attribute.critic",
        "adversarial",
        "adversarial.critic",
    }


def test_the_classifier_of_a_run_learns(tiny: Tiny, tmp_path: Path) -> None:
    words = ("train.images=240", "train.batch=8", "train.log_every=40", "optimizer.critic.lr=1e-2")
    train(tiny(*ATT, *words, "loss.cycle.weight=0"), tmp_path / "run")
    terms = [row["attribute.critic"] for row in rows(tmp_path / "run")]
    assert terms[-1] < 0.7 * terms[0]


def test_opposite_pairs_make_another_run(tiny: Tiny, tmp_path: Path) -> None:
    """Of the same faces in the same batches."""
    same_but = ("pairing.use=shuffle", "pairing.group=4")
    for name, words in (("opposite", OPPOSITE), ("shuffle", (*OPPOSITE, *same_but))):
        model = train(tiny(*words), tmp_path / name)
        assert ModelFile.open(model).header.recipe["pairing"] == {"use": name, "group": 4}
        assert len(rows(tmp_path / name)) == 4
    assert not same(weights(tmp_path / "opposite"), weights(tmp_path / "shuffle"))


def test_mates_make_another_run_and_none_the_same(tiny: Tiny, tmp_path: Path) -> None:
    plain = train(tiny("augment.faces.use=jitter"), tmp_path / "plain").parent
    words = ("pairing.use=person", "augment.faces.use=jitter")
    runs = {
        share: train(tiny(*words, f"pairing.share={share}"), tmp_path / f"{share}").parent
        for share in (0, 0.5)
    }
    assert same(weights(runs[0]), weights(plain))
    assert not same(weights(runs[0.5]), weights(plain))


def test_the_way_back_is_trained(tiny: Tiny, tmp_path: Path, tiny_run: Path) -> None:
    run = train(tiny("model.way_back=0.5"), tmp_path / "run").parent
    assert not same(weights(run), weights(tiny_run))
    assert rows(run)[0].keys() == rows(tiny_run)[0].keys()


def test_a_reader_beside_a_model_teaches_it_nothing(tiny: Tiny, tmp_path: Path) -> None:
    """C of a [loss.reader] of weight 0 learns from real faces, and goes into the model file."""
    reader = ("loss.reader.use=attribute", "loss.reader.weight=0")
    alone = train(tiny(*ATT[1:4], "train.images=8"), tmp_path / "alone")
    beside = tiny(*ATT[1:7], *reader, "train.images=8")
    read_by = load_file(train(beside, tmp_path / "beside"))
    assert {"reader.critic"} < set(rows(tmp_path / "beside")[0])
    assert "reader" not in rows(tmp_path / "beside")[0]
    model = {name: w for name, w in read_by.items() if not name.startswith("classifier.")}
    assert same(model, load_file(alone))
    before = dict(build_networks(beside).classifier.named_parameters())
    assert not any(torch.equal(read_by[f"classifier.{name}"], w) for name, w in before.items())


def test_the_filter_is_trained(tiny: Tiny, tmp_path: Path) -> None:
    """With and without it, from the same seed: other weights after one step."""
    for value in ("true", "false"):
        train(tiny(*ATT, "train.images=4", f"model.filtered={value}"), tmp_path / value)
    assert not same(weights(tmp_path / "true"), weights(tmp_path / "false"))


def test_a_model_with_attributes_and_no_classifier(tiny_file: Path, tmp_path: Path) -> None:
    model = train(read(tiny_file, ATT[1:4]), tmp_path / "run")
    assert not any(name.startswith("classifier.") for name in load_file(model))
    assert load(model, "cpu").judge is None


STILL = ("optimizer.model.lr=1e-30", "optimizer.critic.lr=1e-30", "train.ema_halflife=0",
         "train.images=4")  # fmt: skip


def test_fine_tuning_takes_the_classifier_along(tiny: Tiny, tmp_path: Path, att_file: Path) -> None:
    train(tiny(*ATT, f"train.start={att_file}", *STILL), tmp_path / "tuned")
    assert same(weights(tmp_path / "tuned"), load_file(att_file))


def test_fine_tuning_without_the_classifier(
    tiny_file: Path, tmp_path: Path, att_file: Path
) -> None:
    """One that the recipe has no use for is left behind."""
    recipe = read(tiny_file, [*ATT[1:4], f"train.start={att_file}", *STILL])
    train(recipe, tmp_path / "tuned")
    whole = load_file(att_file).items()
    model = {name: value for name, value in whole if not name.startswith("classifier.")}
    assert same(weights(tmp_path / "tuned"), model)


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param((), id="a model without attributes"),
        pytest.param((*ATT, "classifier.width=8"), id="another classifier"),
        pytest.param((*ATT, "model.block=3"), id="other blocks"),
        pytest.param((*ATT, "generator.blocks=2"), id="a deeper generator"),
    ],
)
def test_fine_tuning_with_attributes_from_what_does_not_fit(
    tiny: Tiny, tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    start = train(tiny(*overrides, "train.images=4"), tmp_path / "first")
    with pytest.raises(UsageError) as caught:
        train(tiny(*ATT, f"train.start={start}"), tmp_path / "run")
    assert str(caught.value).startswith(
        f"[train] start = {start}: its weights do not fit this recipe's networks; take [model], "
    )
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", ["att-ebgan", "judge"])
def test_a_pretrained_classifiers_licence_is_in_the_file(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr("ebgan_kit.parts.classifiers.timm.licence", lambda body, pretrained: "free")
    words = ["classifier.use=timm", "classifier.backbone=test_resnet", "train.images=4"]
    if model == "judge":
        tiny_file.write_text(JUDGE)
    else:
        words = [*ATT[1:4], "loss.attribute.weight=1", *words]
    found = ModelFile.open(train(read(tiny_file, words), tmp_path / "run")).header.licences
    assert found == {"classifier": "free"}


# Settings


def test_fine_tuning_begins_with_the_weights(tiny: Tiny, tmp_path: Path, model_file: Path) -> None:
    still = ("optimizer.model.lr=1e-30", "train.ema_halflife=0", "train.images=4")
    train(tiny(f"train.start={model_file}", *still), tmp_path / "tuned")
    assert same(weights(tmp_path / "tuned"), load_file(model_file))
    train(tiny(*still), tmp_path / "fresh")
    assert not same(weights(tmp_path / "fresh"), load_file(model_file))


def test_fine_tuning_goes_on_without_what_it_began_from(
    tiny: Tiny, tmp_path: Path, model_file: Path
) -> None:
    shutil.copy(model_file, tmp_path / "first.safetensors")
    start = f"train.start={tmp_path / 'first.safetensors'}"
    whole = train(tiny(start), tmp_path / "whole")
    train(tiny(start, "train.images=8"), tmp_path / "run")
    (tmp_path / "first.safetensors").unlink()
    assert same(load_file(train(tiny(start), tmp_path / "run", resume=True)), load_file(whole))


def test_fine_tuning_from_what_does_not_fit(tiny: Tiny, tmp_path: Path, model_file: Path) -> None:
    with pytest.raises(UsageError, match=r"\[train\] start = .* do not fit this recipe's networks"):
        train(tiny("model.code=8", f"train.start={model_file}"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_breaks_down_stops(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"after \d+ images the term .*reconstruction.* number"):
        train(tiny("optimizer.model.lr=1e30"), tmp_path / "run")


def test_critic_steps(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three updates of the critic for one of the model."""
    sides: list[int] = []
    update = Trained.update

    def note(self: Trained, losses: Any, count: int) -> None:
        sides.append(sum(p.numel() for p in self.parameters))
        update(self, losses, count)

    monkeypatch.setattr(Trained, "update", note)
    train(tiny("train.critic_steps=3", "train.images=24"), tmp_path / "run")
    critic = sides[0]
    assert [side == critic for side in sides] == [True, True, True, False] * 2


NO_LOSS = ["loss.cycle.weight=0", "loss.reconstruction.weight=0"]
RAMP = ["adversarial.critic_weight={from=0, to=1, by=8}", "train.max_grad_norm=1"]


@pytest.mark.parametrize(
    ("overrides", "still"),
    [
        (["adversarial.critic_weight=0"], {"critic"}),
        (["adversarial.weight=0"], set()),
        (
            ["loss.cycle.weight=0", "loss.reconstruction.weight=0", "adversarial.weight=0"],
            {"model"},
        ),
        ([*RAMP, "train.images=4"], {"critic"}),
        (RAMP, set()),
    ],
)
def test_a_side_without_weight_stands_still(
    tiny: Tiny, tmp_path: Path, overrides: list[str], still: set[str]
) -> None:
    recipe = tiny(*overrides)
    train(recipe, tmp_path / "run")
    after, before = state(tmp_path / "run"), build_networks(recipe)
    for side, network in (("model", before.model), ("critic", before.critic)):
        begun = {name: weight.detach() for name, weight in network.named_parameters()}
        assert same(begun, {name: after[side][name] for name in begun}) is (side in still)


def test_a_model_without_a_critic(tiny_file: Path, tmp_path: Path) -> None:
    text = tiny_file.read_text()
    start, end = text.index("[discriminator]"), text.index("[loss.reconstruction]")
    tiny_file.write_text(text[:start] + text[end:])
    train(tiny_file, tmp_path / "run")
    assert set(rows(tmp_path / "run")[0]) == {"images", "reconstruction", "cycle"}


def test_a_discriminator_without_an_adversarial_term(tiny_file: Path, tmp_path: Path) -> None:
    tiny_file.write_text(tiny_file.read_text().replace('[adversarial]\nuse = "bce"\n', ""))
    train(tiny_file, tmp_path / "run")
    assert set(rows(tmp_path / "run")[0]) == {"images", "reconstruction", "cycle"}


@pytest.mark.parametrize("use", ["hinge", "relativistic", "softplus", "wgan-gp"])
def test_other_adversarial_terms_train(tiny: Tiny, tmp_path: Path, use: str) -> None:
    train(tiny(f"adversarial.use={use}", "train.images=8"), tmp_path / "run")
    assert len(rows(tmp_path / "run")) == 2


def test_a_run_learns(tiny: Tiny, tmp_path: Path) -> None:
    keys = ("train.images=240", "train.log_every=40", "optimizer.model.lr=3e-3", "train.batch=8")
    train(tiny(*keys), tmp_path / "run")
    terms = [row["reconstruction"] for row in rows(tmp_path / "run")]
    assert terms[-1] < 0.8 * terms[0]


def test_the_name_to_train_by_is_no_modules(tiny: Tiny) -> None:
    """A module of that name takes its place once anybody has imported it."""
    import ebgan_kit
    import ebgan_kit.testing

    homes = {name: getattr(ebgan_kit, name) for name in ebgan_kit.__all__}
    assert not [name for name, value in homes.items() if inspect.ismodule(value)]


def test_ema_follows_by_its_half_life() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(layer.weight)
    ema = Ema(layer, half_life=10, warmup=0.5)
    torch.nn.init.ones_(layer.weight)
    ema.update(clock=1000, images=10)
    assert ema.model.weight.item() == pytest.approx(0.5)
    ema.update(clock=1000, images=20)
    assert ema.model.weight.item() == pytest.approx(0.875)
    early = Ema(layer, half_life=1000, warmup=0.5)
    torch.nn.init.zeros_(early.model.weight)
    early.update(clock=20, images=10)
    assert early.model.weight.item() == pytest.approx(0.5)
    off = Ema(layer, half_life=0, warmup=0.5)
    torch.nn.init.zeros_(off.model.weight)
    off.update(clock=1000, images=1)
    assert off.model.weight.item() == 1


def test_what_a_batch_norm_has_seen_is_averaged_with_the_weights() -> None:
    norm = torch.nn.BatchNorm1d(1)
    ema = Ema(norm, half_life=10, warmup=0.5)
    norm(torch.full((4, 1), 10.0))  # a tenth of the way from 0 to 10
    ema.update(clock=1000, images=10)
    assert ema.model.running_mean.item() == pytest.approx(0.5)
    assert ema.model.num_batches_tracked.item() == 1


@pytest.mark.parametrize(
    ("keys", "factors"),
    [
        ({"use": "constant"}, [1, 1, 1, 1, 1]),
        ({"use": "linear"}, [1, 0.75, 0.5, 0.25, 0]),
        ({"use": "linear", "hold": 0.5}, [1, 1, 1, 0.5, 0]),
        ({"use": "linear", "warmup": 0.5}, [0, 0.5, 1, 0.5, 0]),
        ({"use": "cosine"}, [1, 0.8536, 0.5, 0.1464, 0]),
        ({"use": "cosine", "warmup": 0.5}, [0, 0.5, 1, 0.5, 0]),
        ({"use": "staircase"}, [1, 1, 0.1, 0.1, 0.01]),
        ({"use": "staircase", "stairs": 3.5, "factor": 0.5}, [1, 1, 0.5, 0.25, 0.125]),
    ],
)
def test_schedules(tiny: Tiny, keys: dict[str, Any], factors: list[float]) -> None:
    overrides = [f"schedule.model.{name}={value}" for name, value in keys.items()]
    factor = tiny(*overrides).tables["schedule.model"].build()
    found = [factor(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx(factors, abs=1e-4)


# One override swaps a part of a shipped recipe


@pytest.mark.parametrize(
    "override",
    ["encoder.use=timm", "adversarial.use=hinge", "mask.use=freeform", "generator.use=unet"],
)
def test_a_part_of_the_quickstart_is_swapped(override: str, tmp_path: Path) -> None:
    small = ["train.images=8", "train.batch=4", "train.sample_every=8", "data.count=16"]
    model = train(read("recipes/quickstart.toml", [*small, override]), tmp_path / "run")
    assert model.exists()
    assert (tmp_path / "run" / "samples" / "000000008.png").exists()
