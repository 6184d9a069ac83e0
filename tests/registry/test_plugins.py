"""Plugins of strangers: found, used, named where they fail, and still until a recipe names them."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from fixtures.plugins import BRIGHTNESS, Install, offering
from safetensors.torch import load_file

from ebgan_kit.errors import UsageError
from ebgan_kit.modelfile.file import ModelFile
from ebgan_kit.modelfile.folders import NOT_SHARED, blanked, path_keys
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.registry.plugins import SKIP, PluginWarning, installed, registry
from ebgan_kit.training.trainer import train

pytestmark = pytest.mark.usefixtures("fresh")


def only_warning() -> str:
    """What is said of the plugins that are installed: one warning."""
    with pytest.warns(PluginWarning) as said:
        registry()
    (warning,) = said
    return str(warning.message)


def test_a_plugin_is_found(install: Install, tiny: Callable[..., Recipe]) -> None:
    install("bright", offering("add.loss(how_bright=brightness)"))
    recipe = tiny("train.images=8", "loss.how-bright.weight=2", "loss.how-bright.target=0.5")
    table = recipe.tables["loss.how-bright"]
    assert (table.part.owner, table.words.weight, table.keys.target) == ("bright", 2, 0.5)


def test_a_run_with_a_plugin_says_so(
    install: Install, tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    install("bright", offering("add.loss(brightness=brightness)"))
    model = train(tiny("train.images=8", "loss.brightness.target=1"), tmp_path / "run")
    rows = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert len(rows) == 2
    assert all('"brightness": ' in row for row in rows)
    header = ModelFile.open(model).header
    assert header.plugins == {"bright": "1.0", "ebgan-kit": header.kit}
    assert header.packages == {"bright": "its-bright", "ebgan-kit": "ebgan-kit"}


def test_a_plugins_paths_are_known_by_their_type(
    install: Install, tiny: Callable[..., Recipe]
) -> None:
    code = """
from pathlib import Path

def glow(edit, networks, *, lamp: Path | None = None, lamps: tuple[Path, ...] = (), file: str = ""):
    return edit.completed.mean()
"""
    install("bright", offering("add.loss(glow=glow)", code))
    keys = ("loss.glow.lamp=mine/lamp", "loss.glow.lamps=mine/one,mine/two", "loss.glow.file=none")
    recipe = tiny(*keys)
    found = path_keys(recipe)
    assert found == ["loss.glow.lamp", "loss.glow.lamps"]
    glow = blanked(recipe.dump(), found)["loss"]["glow"]
    assert (glow["lamp"], glow["lamps"]) == (NOT_SHARED, [NOT_SHARED, NOT_SHARED])
    assert glow["file"] == "none"


def test_a_plugin_that_no_recipe_names_changes_nothing(
    install: Install, tiny: Callable[..., Recipe], model_file: Path, tmp_path: Path
) -> None:
    code = """
def explode(*given, **keys):
    raise RuntimeError("nobody asked for this")

def loss(edit, networks):
    explode()

def model(task, build):
    explode()

def change(faces, chance):
    explode()

def watch(run):
    explode()
"""
    offer = "add.loss(a=loss); add.model(b=model); add.mask(c=change); add.watch(d=watch)"
    install("mines", offering(offer, code))
    assert registry().find("loss", "a").owner == "mines"
    recipe = tiny()
    assert recipe.dump() == ModelFile.open(model_file).header.recipe
    model = train(recipe, tmp_path / "run")
    before, after = load_file(model_file), load_file(model)
    assert all((before[name] == after[name]).all() for name in before)
    assert list(ModelFile.open(model).header.plugins) == ["ebgan-kit"]


def test_a_part_offered_by_its_place_is_imported_when_it_is_named(
    install: Install, tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    install("far", offering('add.loss(far="heavy:brightness", lost="heavy:darkness")', ""))
    (tmp_path / "site" / "heavy.py").write_text(BRIGHTNESS)
    tiny()
    assert registry().find("loss", "far").owner == "far"
    assert "heavy" not in sys.modules
    assert tiny("loss.far.target=1").tables["loss.far"].keys.target == 1
    with pytest.raises(UsageError, match=r"loss lost of plugin far could not be loaded"):
        tiny("loss.lost.weight=1")


# Plugins that fail


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no graphics today')", "RuntimeError: no graphics today"),
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def register(add:\n", "SyntaxError"),
        (offering("1 / 0"), "ZeroDivisionError"),
        (offering("add.lose(b=brightness)"), "no kind of part is called 'lose'; did you mean 'los"),
        (offering("add.loss(b=3)"), "loss b is not a function or a class"),
        (
            offering("add.loss(b=lambda edit: 0)"),
            "loss b takes (edit), but the kit calls a loss with (edit, networks)",
        ),
        (
            offering("add.loss(b=lambda edit, networks, target: 0)"),
            "takes (edit, networks, target), but the kit calls a loss with (edit, networks); keys "
            "are keyword-only",
        ),
        (
            "from ebgan_kit import hookimpl\n\n@hookimpl\ndef regster(add):\n    pass\n",
            "unknown hook 'regster'",
        ),
    ],
)
def test_a_plugin_that_fails_is_named_and_left_out(
    install: Install, tiny: Callable[..., Recipe], code: str, reason: str
) -> None:
    install("broken", code)
    warning = only_warning()
    assert warning.startswith("plugin broken 1.0 (of its-broken) could not be loaded")
    assert reason in warning
    assert f"{SKIP}=broken" in warning
    assert tiny().tables["model"].part.owner == "ebgan-kit"
    assert "broken" in registry().failed


@pytest.mark.parametrize(
    "code", ["", "def register(add):\n    add.loss(b=print)\n", offering("pass")]
)
def test_a_plugin_that_offers_nothing_is_named(install: Install, code: str) -> None:
    install("mute", code)
    warning = only_warning()
    assert warning.startswith("plugin mute 1.0 (of its-mute) offers no part")
    assert "@hookimpl" in warning


def test_one_broken_plugin_stops_no_other(install: Install) -> None:
    install("broken", "raise RuntimeError('broken')")
    install("bright", offering("add.loss(brightness=brightness)"))
    install("misspelt", "from ebgan_kit import hookimpl\n\n@hookimpl\ndef regster(add): pass\n")
    with pytest.warns(PluginWarning):
        assert registry().find("loss", "brightness").owner == "bright"
    assert set(registry().failed) == {"broken", "misspelt"}


def test_what_is_left_of_a_plugin_stands_in_nobodys_way(
    install: Install, tmp_path: Path, command: Callable[..., Any]
) -> None:
    """pip, stopped at its work, leaves a package's entry points without its metadata."""
    install("bright", offering("add.loss(brightness=brightness)"))
    rest = tmp_path / "site" / "~ts_bright-0.9.dist-info"
    shutil.copytree(tmp_path / "site" / "its_bright-1.0.dist-info", rest)
    (rest / "METADATA").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry().find("loss", "brightness").owner == "bright"
    answer = command("plugins")
    assert answer.status == 0
    assert answer.out.count("plugin_bright") == 1


def test_a_recipe_that_names_a_broken_plugin(install: Install, tiny: Callable[..., Recipe]) -> None:
    install("broken", "raise RuntimeError('no graphics today')")
    only_warning()
    with pytest.raises(UsageError, match="plugin broken could not be loaded: RuntimeError: no gr"):
        tiny('generator.use="broken:mine"')
    with pytest.raises(UsageError, match=r"no loss is called 'glow'.*broken could not be loaded"):
        tiny("loss.glow.weight=3")


def test_a_skipped_plugin_is_not_loaded(
    install: Install, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Any]
) -> None:
    install("broken", "raise RuntimeError('broken')")
    monkeypatch.setenv(SKIP, "another, broken")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry().failed == {}
    skipped = {p.name for p in installed() if p.skipped}
    assert skipped == {"broken"}
    assert f"skipped by {SKIP}" in command("plugins").out


# Plugins for another version of the kit

KIT_IS = version("ebgan-kit")

NOT_TO_BE_READ = "raise RuntimeError('a plugin for another kit was imported')"


@pytest.mark.parametrize(
    "asks", ["ebgan-kit>=9", "ebgan-kit<0.1", "Ebgan_Kit==9.9", 'ebgan-kit>=9; python_version>"3"']
)
def test_a_plugin_for_another_version_of_the_kit_is_left_out(
    install: Install, tiny: Callable[..., Recipe], tmp_path: Path, asks: str
) -> None:
    install("bright", NOT_TO_BE_READ, "2.5", requires=["torch", asks])
    specifier = asks.partition(";")[0][len("ebgan-kit") :]
    assert only_warning() == (
        "plugin bright 2.5 (of its-bright) could not be loaded (it was written for "
        f"ebgan-kit{specifier}, and this is {KIT_IS}); mend it, uninstall it, or skip it with "
        f"{SKIP}=bright"
    )
    assert train(tiny("train.images=4"), tmp_path / "run").exists()  # it names no part of it


def test_a_recipe_that_names_a_plugin_for_another_version_of_the_kit(
    install: Install, tiny: Callable[..., Recipe]
) -> None:
    install("bright", offering("add.loss(brightness=brightness)"), requires=["ebgan-kit>=9"])
    only_warning()
    reason = f"it was written for ebgan-kit>=9, and this is {KIT_IS}"
    with pytest.raises(UsageError, match=f"plugin bright could not be loaded: {reason}"):
        tiny("loss.brightness.use=bright:brightness")
    with pytest.raises(UsageError, match=r"no loss is called 'brightness'.*bright could not be"):
        tiny("loss.brightness.weight=3")


@pytest.mark.parametrize(
    "requires",
    [
        (),
        ("ebgan-kit",),
        (f"ebgan-kit=={KIT_IS}",),
        (f"ebgan_kit>={KIT_IS},<9",),
        ('ebgan-kit>=9; extra == "new"',),
        ('ebgan-kit>=9; python_version < "3"', "ebgan-kit>=0.1"),
        ("ebgan-kit @ file:///somewhere/ebgan-kit",),
        ("ebgan-kit-of-others>=9", "torch>=999"),
    ],
)
def test_a_plugin_for_this_version_of_the_kit_is_loaded(
    install: Install, requires: tuple[str, ...]
) -> None:
    install("bright", offering("add.loss(brightness=brightness)"), requires=requires)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry().find("loss", "brightness").owner == "bright"


def test_a_plugin_that_asks_for_what_nobody_understands(install: Install) -> None:
    install("bright", NOT_TO_BE_READ, requires=["ebgan-kit is good"])
    assert only_warning().startswith("plugin bright 1.0 (of its-bright) could not be loaded (Inv")


# One name, two plugins


def test_a_name_offered_twice(install: Install, tiny: Callable[..., Recipe]) -> None:
    install("bright", offering("add.loss(brightness=brightness)"))
    install("other", offering("add.loss(brightness=brightness, cycle=brightness)"), "3.2")
    assert tiny("loss.cycle.weight=0", 'loss.cycle.use="ebgan-kit:cycle"').name == "tiny"
    with pytest.raises(UsageError) as caught:
        tiny("loss.brightness.weight=3", 'loss.cycle.use="ebgan-kit:cycle"')
    assert str(caught.value).endswith(
        "[loss.brightness] use: 2 plugins offer loss 'brightness', bright 1.0 and other 3.2: say "
        f'use = "bright:brightness" or "other:brightness", or skip one with {SKIP}=other'
    )
    assert len(str(caught.value).splitlines()) == 1
    table = tiny('loss.mine.use="other:brightness"', 'loss.cycle.use="other:cycle"').tables
    assert table["loss.mine"].part.owner == "other"
    assert table["loss.cycle"].part.owner == "other"


def test_skipping_one_of_two_plugins_leaves_the_other(
    install: Install, tiny: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bright", "other"):
        install(name, offering("add.loss(brightness=brightness)"))
    monkeypatch.setenv(SKIP, "other")
    assert tiny("loss.brightness.weight=3").tables["loss.brightness"].part.owner == "bright"


@pytest.mark.parametrize("name", ["bright", "other"])  # before and after the kit's own
def test_nobody_is_told_to_skip_what_is_built_in(
    install: Install, tiny: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Without it there is no kit; the plugin is what one can do without."""
    install(name, offering("add.loss(cycle=brightness)"))
    with pytest.raises(UsageError) as caught:
        tiny()
    advice = str(caught.value).rpartition("skip one with ")[2]
    monkeypatch.setenv(*advice.split("="))
    registry.cache_clear()
    assert tiny().tables["loss.cycle"].part.owner == "ebgan-kit"


def test_a_name_of_another_plugin(install: Install) -> None:
    install("bright", offering("add.loss(brightness=brightness)"))
    with pytest.raises(UsageError, match="no loss is called 'bright:cycle'"):
        registry().find("loss", "bright:cycle")
    with pytest.raises(UsageError, match="no loss is called 'nobody:cycle'"):
        registry().find("loss", "nobody:cycle")


# What authors write


def test_types_of_positional_arguments_may_be_unknown_at_run_time(install: Install) -> None:
    code = '''
from __future__ import annotations
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ebgan_kit import Edit

def brightness(edit: Edit, networks: "Networks", *, of: Literal["all", "region"] = "all"):
    """How far the completed image is from grey."""
    return edit.completed.abs().mean()
'''
    install("typed", offering("add.loss(brightness=brightness)", code))
    keys = registry().find("loss", "brightness").keys
    assert keys().of == "all"
    with pytest.raises(ValueError, match="'all' or 'region'"):
        keys(of="nothing")


def test_a_class_with_keys_is_a_term_with_two_sides(
    install: Install, tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    code = '''
class Grey:
    """The model wants grey, and the critic pays for its scores."""

    def __init__(self, *, scale: float = 1.0):
        self.scale = scale

    def __call__(self, edit, networks):
        return self.scale * edit.completed.abs().mean()

    def critic(self, edit, networks):
        return networks.discriminator(edit.image, None).scores[0].square().mean()
'''
    install("grey", offering("add.loss(grey=Grey)", code))
    train(tiny("train.images=4", "loss.grey.scale=2.0"), tmp_path / "run")
    row = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert '"grey": ' in row
    assert '"grey.critic": ' in row


def test_a_discriminator_with_a_head_judges_attributes(
    install: Install, tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    """A run whose critic needs no classifier beside it, and no D that scores."""
    code = '''
from torch import nn
from ebgan_kit import Verdict

class Headed(nn.Module):
    """One trunk, and a head for what a face shows."""

    def __init__(self, task):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.LeakyReLU(0.2), nn.Flatten())
        features = 4 * (task.size // 8) ** 2
        self.scores = nn.Linear(features, 1)
        self.labels = nn.Linear(features, len(task.attributes))

    def forward(self, image, attributes):
        features = self.body(image)
        return Verdict((self.scores(features),), self.labels(features))
'''
    install("headed", offering("add.discriminator(headed=Headed)", code))
    words = ("model.use=att-ebgan", "model.attributes=Smiling,Mustache", "model.block=2",
             "discriminator.use=headed", "loss.attribute.by=discriminator", "train.batch=8",
             "optimizer.critic.lr=3e-3", "train.images=160", "train.log_every=32")  # fmt: skip
    model = train(tiny(*words), tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    terms = [json.loads(line) for line in lines]
    assert {"attribute", "attribute.critic", "adversarial.critic"} < set(terms[0])
    assert terms[-1]["attribute.critic"] < 0.8 * terms[0]["attribute.critic"]
    assert not any(name.startswith("classifier.") for name in load_file(model))


def test_listings_show_a_plugins_parts(install: Install, command: Callable[..., Any]) -> None:
    install("bright", offering("add.loss(brightness=brightness)"))
    assert "its-bright" in command("plugins").out
    listed = command("parts", "loss").out
    assert "How far the completed image is from a brightness." in listed
    described = command("parts", "loss", "brightness").out
    assert "from plugin bright" in described
    assert "target" in described
    assert '"const": "brightness"' in command("schema").out


def test_a_warning_of_the_command_is_one_line(
    install: Install, tiny_file: Path, command: Callable[..., Any]
) -> None:
    install("broken", "raise RuntimeError('broken')")
    answer = command("parts", "loss")
    assert answer.status == 0
    assert len(answer.err.splitlines()) == 1
    assert answer.err.startswith("warning: plugin broken 1.0 (of its-broken) could not be loaded")
    assert "reconstruction" in answer.out
