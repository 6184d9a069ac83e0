"""Old names of modules: what a plugin of 0.4 imported works, and says where it is now."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import ebgan_kit
from ebgan_kit.registry.moved import MODULES, NAMES
from ebgan_kit.registry.plugins import registry
from ebgan_kit.testing import check_loss, check_model

RECIPE = """
name = "old"
model = {use = "transplant", width = 4}
data = {use = "synthetic", size = 32}
mask = {use = "region", regions = ["mouth"]}
augment.exemplar = {use = "jitter"}
discriminator = {use = "patch", width = 4}
adversarial = {use = "hinge"}
loss.sharpness = {weight = 2}
loss.reconstruction = {weight = 100}
train = {images = 8, batch = 4, device = "cpu"}
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`plugin_of_0_4`, as if pip had installed it."""
    metadata = tmp_path / "site" / "of_0_4-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: of-0-4\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[ebgan_kit]\nold = fixtures.plugin_of_0_4\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "fixtures.plugin_of_0_4", raising=False)
    registry.cache_clear()
    yield
    registry.cache_clear()


def test_a_plugin_of_0_4_works_and_is_told_the_new_names(installed: None, tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="not in the next") as said:
        plugin = import_module("fixtures.plugin_of_0_4")
    told = [str(warning.message).partition(" now")[0] for warning in said]
    assert {Path(warning.filename).name for warning in said} == {"plugin_of_0_4.py"}
    assert set(told) == {
        "ebgan_kit.faces.region_of is ebgan_kit.region_of",
        "ebgan_kit.networks.Networks is ebgan_kit.Networks",
        *(
            f"ebgan_kit.layers.{name} is ebgan_kit.parts.nn.{name}"
            for name in ("convolution", "doubling", "in_range", "require_depth", "widths")
        ),
        *(
            f"ebgan_kit.view.{name} is ebgan_kit.parts.nn.{name}"
            for name in ("sample", "square_about", "standardised")
        ),
    }
    check_loss(plugin.sharpness, margin=0.01)
    recipe = tmp_path / "old.toml"
    recipe.write_text(RECIPE)
    check_model(recipe, tmp_path)


@pytest.mark.parametrize(
    ("module", "name", "new"),
    [
        ("chance", "Chance", "ebgan_kit.Chance"),
        ("data.synthetic", "Synthetic", "ebgan_kit.parts.data.synthetic.Synthetic"),
        ("masks.region", "NAMES", "ebgan_kit.regions.NAMES"),
        ("masks.region", "area", "ebgan_kit.parts.masks.region.area"),
        ("parts", "KINDS", "ebgan_kit.registry.part.KINDS"),
        ("pixels", "to_bytes", "ebgan_kit.images.levels.to_bytes"),
        ("plugins", "registry", "ebgan_kit.registry.plugins.registry"),
        ("reach", "beyond", "ebgan_kit.regions.hidden_attributes"),
        ("recipe", "parse", "ebgan_kit.parse"),
        ("report", "sheet", "ebgan_kit.images.contact_sheet.sheet"),
        ("report.quality", "psnr", "ebgan_kit.evaluation.metrics.quality.psnr"),
        ("training", "train", "ebgan_kit.train"),
    ],
)
def test_an_old_name_is_the_new_one(module: str, name: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"ebgan_kit.{module}.{name} is {new} now"):
        old = getattr(import_module(f"ebgan_kit.{module}"), name)
    place, _, name = new.rpartition(".")
    assert old is getattr(import_module(place), name)


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_every_old_module_is_found(old: str, new: str) -> None:
    assert import_module(f"ebgan_kit.{old}").__name__ == f"ebgan_kit.{old}"
    assert find_spec(f"ebgan_kit.{new}") is not None


@pytest.mark.parametrize("old", NAMES)
def test_every_old_name_is_found(old: str) -> None:
    module, _, name = old.rpartition(".")
    with pytest.warns(DeprecationWarning, match=f"ebgan_kit.{old} is "):
        getattr(import_module(f"ebgan_kit.{module}"), name)


def test_a_module_is_imported_from_its_old_package() -> None:
    """`from ebgan_kit import layers`, and not by a dotted name."""
    code = (
        "from ebgan_kit import layers, rng; layers.unit; import ebgan_kit.masks.region as r; r.area"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("DeprecationWarning") == 2


def test_what_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'ebgan_kit\.wings'"):
        import_module("ebgan_kit.wings")
    for module in ("faces", "recipe", "parts"):
        with pytest.raises(AttributeError, match="wings"):
            _ = import_module(f"ebgan_kit.{module}").wings
    for module in ("layers", "data", "masks.region"):  # a name of ours is nobody's else
        assert find_spec(module.partition(".")[0]) is None


def test_the_old_names_cost_nothing() -> None:
    code = "import sys, ebgan_kit.registry.moved; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert ebgan_kit.registry.moved.Finder in map(type, sys.meta_path)
