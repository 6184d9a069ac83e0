"""A map-style dataset of torch as data: found by name, its fields laid out, its faults named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from ebgan_kit.errors import UsageError
from ebgan_kit.parts.data.celeba import aligned_template
from ebgan_kit.parts.data.dataset import Dataset
from ebgan_kit.recipe.recipe import Recipe
from ebgan_kit.training.trainer import train

Own = Callable[..., str]

LABELS: dict[str, Any] = {"attributes": "marks", "names": ("Odd", "All")}
FIELDS: dict[str, Any] = LABELS | {"landmarks": "points", "identity": "who"}
"""What the package's items hold, by the keys of the part."""


def one(own: Own, code: str, **keys: Any) -> Any:
    """The first face of a dataset that is given as code."""
    data = Dataset(dataset=own(code), partitions=("train",), **{"size": 16} | keys)
    return data.__getitems__([0])


def test_every_field_is_where_the_kit_has_it(own: Own) -> None:
    data = Dataset(dataset=own(), size=20, partitions=("valid", "test"), **FIELDS)
    faces = data.__getitems__([2, 1])
    assert faces.attributes is not None
    assert faces.landmarks is not None
    assert data.partition.tolist() == [1, 1, 2]
    assert faces.attributes.tolist() == [[0, 1], [1, 1]]
    assert faces.identity is not None
    assert faces.identity.tolist() == [0, 1]
    # the square in the middle begins 4 pixels from the left of 48, and is halved
    assert faces.landmarks[0].tolist() == [[7, 7], [13, 7], [10, 10], [7.5, 13.5], [12.5, 13.5]]
    assert torch.allclose(data.template, (faces.landmarks[0] + 1 / 6) / 20)


def test_an_image_of_the_right_size_comes_as_it_is(own: Own) -> None:
    """The levels 0 to 255 are -1 to 1, from a picture as from tensors of either kind."""
    shape = "torch.arange(3 * 16 * 16).reshape(3, 16, 16).remainder(256).to(torch.uint8)"
    expected = torch.arange(3 * 16 * 16).reshape(3, 16, 16).remainder(256) / 127.5 - 1
    pictures = {
        "bytes": "levels",
        "floats": "levels / 255",
        "a picture": "Image.fromarray(levels.permute(1, 2, 0).numpy())",
    }
    for kind, picture in pictures.items():
        code = "import torch\nfrom PIL import Image\n\ndef faces(partition):\n"
        code += f"    levels = {shape}\n    return [{{'image': {picture}}}]\n"
        assert torch.equal(one(own, code).image[0], expected), kind


@pytest.mark.parametrize(
    ("item", "field"),
    [("(None, image)", 1), ("{'face': image}", "face"), ("Item(image)", "face")],
    ids=["tuple", "dict", "object"],
)
def test_an_item_may_be_of_any_shape(own: Own, item: str, field: int | str) -> None:
    code = f"""
import dataclasses
import torch

@dataclasses.dataclass
class Item:
    face: torch.Tensor

def faces(partition):
    image = torch.full((3, 8, 8), 0.25)
    return [{item}]
"""
    faces = one(own, code, image=field)
    assert faces.image.shape == (1, 3, 16, 16)
    assert torch.allclose(faces.image, torch.tensor(-0.5), atol=1 / 127)
    assert torch.equal(faces.landmarks[0], aligned_template() * 16)
    assert faces.attributes is None


FAULTY = {
    "no such field": (dict(landmarks="dots"), r"item 0 of the partitions: KeyError: 'dots'"),
    "too few names": (dict(attributes="marks", names=("Odd",)), "item 0 .*shape"),
    "no names": (dict(attributes="marks"), "give both or none"),
    "a text": (dict(image="marks"), r"a PIL image or a tensor \[3, H, W\]"),
    "coordinates": (dict(image="points"), r"a PIL image or a tensor \[3, H, W\]"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_what_does_not_fit_is_named(own: Own, case: str) -> None:
    keys, words = FAULTY[case]
    with pytest.raises((UsageError, ValueError), match=words):
        Dataset(dataset=own(), **keys).__getitems__([0])


def test_levels_beyond_one_are_refused(own: Own) -> None:
    code = "import torch\ndef faces(partition):\n    return [{'image': torch.full((3, 8, 8), 9.0)}]"
    with pytest.raises(UsageError, match="levels from 0 to 1"):
        one(own, code)


def test_a_function_that_fails_is_named(own: Own) -> None:
    with pytest.raises(UsageError, match=r"own-faces \(own_package:faces\) gives no train: KeyErr"):
        one(own, "def faces(partition):\n    return {}[partition]\n")


def test_partitions_without_a_face(own: Own) -> None:
    with pytest.raises(UsageError, match="dataset own-faces has no face in train"):
        one(own, "def faces(partition):\n    return []\n")


@pytest.mark.parametrize("name", ["os:getcwd", "own_package:faces", "own-face"])
def test_only_what_a_package_offers_by_name_is_run(own: Own, name: str) -> None:
    own()
    with pytest.raises(UsageError, match=f"no installed package offers a dataset '{name}'"):
        Dataset(dataset=name)


def test_a_run_on_a_dataset(own: Own, tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    keys = ("data.use=dataset", f"data.dataset={own()}", "data.landmarks=points")
    assert train(tiny(*keys, "train.images=8"), tmp_path / "run").is_file()


def test_a_picture_is_brought_to_the_size(own: Own, tmp_path: Path) -> None:
    """White in the middle square, black beside it: nothing of what is beside is seen."""
    picture = Image.new("RGB", (60, 40))
    picture.paste("white", (10, 0, 50, 40))
    picture.save(tmp_path / "picture.png")
    code = f"""
from PIL import Image

def faces(partition):
    return [(Image.open({str(tmp_path / "picture.png")!r}),)]
"""
    assert one(own, code, image=0, size=24).image.eq(1).all()
