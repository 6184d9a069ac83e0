"""The plugin as it is installed: the kit finds it, and a run trains with it."""

import pytest
import torch
from ebgan_kit_hue import hue

from ebgan_kit import Edit, Faces, train
from ebgan_kit.recipe.recipe import parse
from ebgan_kit.registry.plugins import registry

RECIPE = {
    "name": "hue",
    "model": {"use": "ebgan", "code": 4},
    "data": {"use": "synthetic", "size": 32, "count": 8},
    "mask": {"use": "region"},
    "encoder": {"use": "conv", "width": 4, "max_channels": 4},
    "generator": {"use": "unet", "width": 4, "max_channels": 4},
    "loss": {"hue": {"squared": True}},
    "watch": {"jsonl": {}},
    "train": {"images": 8, "batch": 4, "log_every": 4, "device": "cpu"},
}


def one_colour(red, green, blue, region):
    image = torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    return Faces(image, region)


def test_values_by_hand():
    region = torch.zeros(1, 1, 4, 4)
    region[..., :2] = 1
    grey, red = one_colour(0.1, 0.1, 0.1, region), one_colour(0.7, 0.1, 0.1, region)
    # red without its brightness is (0.4, -0.2, -0.2), grey is (0, 0, 0)
    assert hue(Edit(grey, red, None, grey.image), None).item() == pytest.approx(0.8 / 3)
    assert hue(Edit(grey, red, None, grey.image), None, squared=True).item() == pytest.approx(0.08)
    assert hue(Edit(grey, red, None, red.image), None).item() == 0
    assert hue(Edit(red, grey, None, grey.image * 5), None).item() == pytest.approx(0)


def test_only_the_region_counts():
    region = torch.zeros(1, 1, 4, 4)
    region[..., :2] = 1
    red = one_colour(0.7, 0.1, 0.1, region)
    drawn = red.image.clone().requires_grad_(True)
    hue(Edit(red, one_colour(0.1, 0.7, 0.1, region), None, drawn), None).backward()
    assert drawn.grad[..., :2].abs().sum() > 0
    assert drawn.grad[..., 2:].abs().sum() == 0


def test_the_kit_finds_it():
    part = registry().find("loss", "hue")
    assert part.owner == "hue"
    assert part.make is hue
    assert registry().find("loss", "hue:hue") == part


def test_a_run_trains_with_it(tmp_path):
    train(parse(RECIPE), tmp_path / "run")
    assert '"hue": ' in (tmp_path / "run" / "metrics.jsonl").read_text()
