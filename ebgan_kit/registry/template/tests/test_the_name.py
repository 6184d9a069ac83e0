"""What the kit asks of a loss, and what this one says of pictures whose sharpness is known."""

from pathlib import Path

import pytest
import torch
from ebgan_kit_the_name import the_name

from ebgan_kit import Edit, Faces, read, train
from ebgan_kit.testing import check_loss

RECIPE = Path(__file__).parents[1] / "quickstart.toml"


def stripes(height):
    """One picture of 4x4 pixels, columns of 0 and of `height` in turn, all of it to be filled."""
    columns = torch.tensor([0.0, height, 0.0, height])
    return Faces(columns.expand(1, 3, 4, 4), torch.ones(1, 1, 4, 4))


def test_it_keeps_the_contract():
    check_loss(the_name)
    check_loss(the_name, margin=0.01)


def loss(source, exemplar, drawn, **keys):
    return the_name(Edit(source, exemplar, None, drawn.image), None, **keys).item()


def test_values_by_hand():
    # beside each other pixels differ by the height, below each other not at all
    soft, sharp = stripes(0.2), stripes(0.5)
    assert loss(soft, sharp, drawn=soft) == pytest.approx(0.3)
    assert loss(soft, sharp, drawn=sharp) == 0
    assert loss(sharp, soft, drawn=stripes(0.0)) == pytest.approx(0.2)
    assert loss(soft, sharp, drawn=soft, margin=0.1) == pytest.approx(0.2)
    assert loss(soft, sharp, drawn=soft, margin=0.4) == 0


def test_only_the_region_counts():
    source, exemplar = stripes(0.2), stripes(0.5)
    source.region[..., 2:] = 0
    drawn = source.image.clone().requires_grad_(True)
    the_name(Edit(source, exemplar, None, drawn), None).backward()
    assert drawn.grad[..., :2].any()
    assert not drawn.grad[..., 3:].any()


def test_a_run_trains_with_it(tmp_path):
    short = ["train.images=8", "train.batch=4", "train.log_every=4", "train.device=cpu"]
    train(read(RECIPE, short), tmp_path / "run")
    assert '"the-name": ' in (tmp_path / "run" / "metrics.jsonl").read_text()
